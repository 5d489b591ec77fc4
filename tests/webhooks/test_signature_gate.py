"""What is not signed by the carrier leaves no trace; what is passes behind every proxy layout."""

import itertools
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from callcrm.carrier import signature
from callcrm.carrier.form import Form
from callcrm.simulator.wire.signature import sign
from tests.posts import completed, inbound
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp, count_events, open_app, settings_for

VOICE, STATUS = "/webhooks/twilio/voice", "/webhooks/twilio/status"
FLOW_AND_REPORT = [
    VOICE,
    STATUS,
    "/webhooks/twilio/recording",
    "/webhooks/twilio/leg?step=1",
    "/webhooks/twilio/message",
]


def events(app: RunningApp) -> int:
    return app.services.store.read_now(count_events)


UNSIGNED = [None, "", "nonsense", "\xe9", sign("another token", PUBLIC + VOICE)]


def test_an_unsigned_request_is_refused_and_stores_nothing(app: RunningApp) -> None:
    body = urlencode(completed("CAstranger"))
    for path, header in itertools.product(FLOW_AND_REPORT, UNSIGNED):
        headers: dict[str, Any] = {"Content-Type": FORM}
        if header is not None:
            headers["X-Twilio-Signature"] = header.encode("latin-1")
        assert app.client.post(path, content=body, headers=headers).status_code == 403, (path, header)
    assert events(app) == 0


def test_a_signature_is_for_one_body_and_one_url_alone(app: RunningApp) -> None:
    fields = inbound("CA1")
    signed = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + VOICE, fields.items()), "Content-Type": FORM}
    assert app.client.post(VOICE, content=urlencode(fields), headers=signed).status_code == 200
    assert app.client.post(VOICE + "?a=1", content=urlencode(fields), headers=signed).status_code == 403
    changed = fields | {"From": "+12025550199"}
    assert app.client.post(VOICE, content=urlencode(changed), headers=signed).status_code == 403


def test_both_tokens_are_good_while_they_are_rotated(database_url: str, tmp_path: Path) -> None:
    with open_app(settings_for(database_url, tmp_path, TWILIO_AUTH_TOKEN_SECONDARY="the-next-one")) as app:
        assert app.post(VOICE, inbound("CA1"), token="the-next-one").status_code == 200
        assert app.post(VOICE, inbound("CA2"), token="an-old-one").status_code == 403


def test_observing_lets_through_and_counts(database_url: str, tmp_path: Path) -> None:
    with open_app(settings_for(database_url, tmp_path, CALLCRM_SIGNATURES="observe")) as app:
        before = app.client.get("/metrics").text
        assert app.post(VOICE, inbound("CA1"), token="wrong").status_code == 200
        assert events(app) == 1
        after = app.client.get("/metrics").text
        counter = 'callcrm_signatures_refused_total{mode="observe",route="voice"}'
        assert _value(after, counter) == _value(before, counter) + 1


def _value(text: str, name: str) -> float:
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


@pytest.mark.parametrize(
    ("public", "signed_for"),
    [
        ("https://calls.example.test", "https://calls.example.test"),
        ("https://calls.example.test:8443", "https://calls.example.test"),  # HTTPS voice drops the port
        ("https://calls.example.test", "https://calls.example.test:443"),
        ("http://calls.example.test:8080", "http://calls.example.test:8080"),
        ("https://calls.example.test/crm", "https://calls.example.test/crm"),
        ("https://[::1]", "https://[::1]"),
        ("https://[::1]:8443", "https://[::1]"),
    ],
)
@pytest.mark.parametrize("query", ["", "?b=2&a=1", "?a=x%20y", "?a=x+y", "?a=%D8%B3"])
def test_the_signature_fits_under_every_layout(public: str, signed_for: str, query: str) -> None:
    fields = inbound("CA1", Body="سلام", Digits="")
    header = sign(TOKEN, signed_for + VOICE + query, fields.items())
    assert signature.verify(public, VOICE + query, Form(fields.items()), header, [TOKEN])
    assert not signature.verify(public, VOICE + query, Form(fields.items()), header, ["other"])


def test_headers_of_a_proxy_change_nothing(app: RunningApp) -> None:
    forged = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", "Host": "evil.test:99999"}
    assert app.post(VOICE, inbound("CA1"), **forged).status_code == 200


def test_without_a_token_nothing_verifies() -> None:
    header = sign("", PUBLIC + VOICE)
    assert not signature.verify(PUBLIC, VOICE, Form([]), header, [])


NO_FORMS = [
    ("{}", "application/json", 400),
    ("CallSid=CA1", "text/plain", 400),
    ("x=" + "y" * 2_000_000, FORM, 413),
    ("&".join(f"f{n}=1" for n in range(1001)), FORM, 400),
]


def test_what_is_no_usable_form_is_told_so(app: RunningApp) -> None:
    for content, kind, expected in NO_FORMS:
        headers = {"Content-Type": kind, "X-Twilio-Signature": sign(TOKEN, PUBLIC + VOICE)}
        assert app.client.post(VOICE, content=content, headers=headers).status_code == expected, kind
    assert events(app) == 0


def test_a_missing_check_would_be_noticed(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: a gate that is always open."""
    monkeypatch.setattr(signature, "verify", lambda *_: True)
    answer = app.client.post(STATUS, content=urlencode(completed("CAx")), headers={"Content-Type": FORM})
    assert answer.status_code == 204
    assert events(app) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_signed_request_of_another_method_is_told_which_one_is_taken(app: RunningApp, method: str) -> None:
    answer = app.client.request(
        method, VOICE, headers={"X-Twilio-Signature": sign(TOKEN, PUBLIC + VOICE)}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_no_webhook_is_redirected(app: RunningApp) -> None:
    headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + VOICE + "/"), "Content-Type": FORM}
    assert app.client.post(VOICE + "/", headers=headers, follow_redirects=False).status_code == 404
