"""No letter in the carrier's text refuses what it tells: only a call's name and state have to be right."""

import base64
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from sqlmodel import select

from callcrm.models import Message
from tests.posts import completed, inbound
from tests.running import LINE, TOKEN, free_port
from tests.running_app import FORM, PUBLIC, Document, RunningApp, open_app, settings_for

STATUS, MESSAGE = "/webhooks/twilio/status", "/webhooks/twilio/message"
# What people's names have held: a NUL, a letter of Latin-1, half a surrogate pair, half a letter, an escape.
LETTERS = [b"A\0B", b"Ren\xe9", b"A\xed\xa0\x80B", "س".encode()[:1], b"\x1b[2J", "\ufffe".encode()]
AUDIO = {"AccountSid": "AC1", "CallSid": "CA1", "RecordingSid": "RE1", "RecordingUrl": "", "ErrorCode": "0"}
SMS = {"AccountSid": "AC1", "MessageSid": "SM1", "From": "+12025550123", "To": LINE, "Body": "Hello"}
LEG = completed("CA2", ParentCallSid="CA1", Direction="outbound-dial")
# Each callback's URL and fields, and the fields that name what it is about or how that stands.
CALLBACKS: list[tuple[str, dict[str, str], set[str]]] = [
    (STATUS, completed("CA1", CallerName="", ForwardedFrom=""), {"CallSid", "CallStatus"}),
    ("/webhooks/twilio/leg?step=2", LEG, {"CallSid", "CallStatus", "ParentCallSid"}),
    (
        "/webhooks/twilio/recording?kind=call",
        AUDIO | {"RecordingStatus": "completed"},
        {"CallSid", "RecordingSid"},
    ),
    (MESSAGE, SMS | {"NumMedia": "0", "ProfileName": ""}, {"MessageSid"}),
    (
        f"{MESSAGE}/status",
        SMS | {"MessageStatus": "sent", "ErrorMessage": ""},
        {"MessageSid", "MessageStatus"},
    ),
]
PATHS = [path for path, _, _ in CALLBACKS]
FLOW = [
    "/webhooks/twilio/voice",
    "/webhooks/twilio/voice/fallback",
    "/webhooks/twilio/client",
    "/webhooks/twilio/outbound",
    "/webhooks/twilio/screen?language=en&step=3",
    "/webhooks/twilio/at/node/main/main?language=en&step=2",
    "/webhooks/twilio/at/wait/main/sales?language=en&step=9",
]
PRESSED = ("Digits", "SpeechResult", "DialCallStatus", "QueueResult", "CallerName", "ErrorUrl")
Fields = dict[str, bytes]


def post_bytes(app: RunningApp, path: str, fields: Fields, *, signed: Fields | None = None) -> Any:
    """Sends the bytes, signed as bytes; `signed` are the fields that were signed instead of these."""
    text = b"".join(name.encode() + value for name, value in sorted((signed or fields).items()))
    digest = hmac.digest(TOKEN.encode(), (PUBLIC + path).encode() + text, "sha1")
    headers = {"X-Twilio-Signature": base64.b64encode(digest).decode(), "Content-Type": FORM}
    body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items())
    return app.client.post(path, content=body, headers=headers)


def as_bytes(fields: dict[str, str], **broken: bytes) -> Fields:
    return {name: value.encode() for name, value in fields.items()} | broken


def messages(app: RunningApp) -> list[Message]:
    return app.services.store.read_now(lambda session: [*session.exec(select(Message))])


@pytest.mark.parametrize(("path", "fields", "exact"), CALLBACKS, ids=PATHS)
def test_no_letter_refuses_a_callback(
    app: RunningApp, path: str, fields: dict[str, str], exact: set[str]
) -> None:
    for name in fields.keys() - exact:
        for letters in LETTERS:
            response = post_bytes(app, path, as_bytes(fields) | {name: letters})
            assert response.status_code == 204, (name, letters, response.text)
    assert app.services.spool.depth() == 0


@pytest.mark.parametrize(("path", "fields", "exact"), CALLBACKS, ids=PATHS)
def test_a_broken_name_or_state_is_refused(
    app: RunningApp, path: str, fields: dict[str, str], exact: set[str]
) -> None:
    for name in exact:
        for letter in (b"\0", b"\xff", b"\x1b"):
            broken = fields[name][:2].encode() + letter + fields[name][2:].encode()
            response = post_bytes(app, path, as_bytes(fields) | {name: broken})
            assert response.status_code == 400, (name, letter)
    assert app.get("/calls")["items"] == []
    assert messages(app) == []


@pytest.mark.parametrize("path", FLOW)
def test_no_letter_keeps_a_caller_from_their_document(app: RunningApp, path: str) -> None:
    for name in (*inbound("x").keys() - {"CallSid"}, *PRESSED):
        for number, letters in enumerate(LETTERS[:3]):
            fields = as_bytes(inbound(f"CA{name}{number}")) | {name: letters}
            response = post_bytes(app, path, fields)
            assert response.status_code == 200, (name, letters)
            Document(response.text)
            assert app.get(f"/calls/CA{name}{number}")["events"], (name, letters)


def test_what_a_caller_is_called_is_cleaned_and_kept(app: RunningApp) -> None:
    fields = as_bytes(completed("CA1"), CallerName=b"Ren\xe9\0 L\xc3\xa9vy")
    assert post_bytes(app, STATUS, fields | {"Cust\0om": b"\x1bx"}).status_code == 204
    (event,) = app.get("/calls/CA1")["events"]
    assert (event["data"]["CallerName"], event["data"]["Custom"]) == ("Ren\ufffd L\u00e9vy", "x")
    assert app.get("/calls/CA1")["state"] == "ended"


def test_fields_of_one_name_once_it_is_cleaned_are_all_kept(app: RunningApp) -> None:
    assert post_bytes(app, STATUS, as_bytes(completed("CA1", Note="a")) | {"No\0te": b"b"}).status_code == 204
    assert sorted(app.get("/calls/CA1")["events"][0]["data"]["Note"]) == ["a", "b"]


def test_a_message_with_a_broken_letter_is_in_the_history(app: RunningApp) -> None:
    body = "سلام".encode() + b"\0\xff 1"
    assert post_bytes(app, MESSAGE, as_bytes(SMS, Body=body)).status_code == 204
    assert [message.body for message in messages(app)] == ["سلام\ufffd 1"]


def test_the_signature_is_of_what_was_sent_and_not_of_what_is_kept(app: RunningApp) -> None:
    fields = as_bytes(completed("CA1"), CallerName=b"A\0B")
    assert post_bytes(app, STATUS, fields, signed=fields | {"CallerName": b"AB"}).status_code == 403
    assert app.get("/calls")["items"] == []


def test_a_carrier_may_sign_what_it_read_in_broken_bytes(app: RunningApp) -> None:
    fields = as_bytes(completed("CA1"), CallerName=b"A\xffB")
    signed = fields | {"CallerName": "A\ufffdB".encode()}
    assert post_bytes(app, STATUS, fields, signed=signed).status_code == 204
    assert app.get("/calls/CA1")["events"][0]["data"]["CallerName"] == "A\ufffdB"


def test_a_text_too_long_for_its_column_is_kept_in_part(app: RunningApp) -> None:
    long = {"From": "9" * 100_000, "AccountSid": "x" * 100_000, "CallerName": "n" * 100_000}
    assert app.post(STATUS, completed("CA1") | long).status_code == 204
    assert app.get("/calls/CA1")["from_raw"] == "9" * 255
    assert app.get("/calls/CA1")["events"][0]["data"]["CallerName"] == "n" * 100_000
    assert app.post(MESSAGE, SMS | long).status_code == 204


def test_broken_letters_survive_the_spool(tmp_path: Path, database_url: str) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with open_app(settings_for(away, tmp_path), stocked=False) as app:
        for path, fields, exact in CALLBACKS:
            free = dict.fromkeys(fields.keys() - exact, b"A\0\xff\xed\xa0\x80B")
            assert post_bytes(app, path, as_bytes(fields) | free).status_code == 204, path
        assert app.services.spool.depth() == len(CALLBACKS)
    with open_app(settings_for(database_url, tmp_path)) as app:
        while app.services.spool.depth():
            pass
        assert len(app.get("/calls/CA1")["events"]) == 3
        assert [message.body for message in messages(app)] == ["A\ufffd\ufffd\ufffd\ufffdB"]
