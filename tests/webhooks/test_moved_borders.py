"""A captured request whose fields are cut otherwise fits its signature as well, and is no other request."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel

from callcrm.base.clock import SystemClock
from callcrm.jobs.handlers import handlers
from callcrm.jobs.runner import Runner
from callcrm.ledger.event_store import event_key
from callcrm.models import CarrierEvent, Job, LiveEvent, Presence
from callcrm.simulator.wire.signature import sign
from tests.clocks import SetClock
from tests.posts import completed, inbound
from tests.running import LINE, OPERATOR, TOKEN
from tests.running_app import FORM, PUBLIC, Document, RunningApp, open_app, settings_for

Pairs = list[tuple[str, str]]
Variant = tuple[str, Pairs]
SMS = {"AccountSid": "AC1", "MessageSid": "SM1", "SmsStatus": "received", "From": "+12025550123", "To": LINE}
SENT = SMS | {"MessageSid": "SM2", "MessageStatus": "sent", "SmsStatus": "sent"}
AUDIO = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed", "RecordingDuration": "9"}
PRESSED = inbound("CA1") | {"CallStatus": "in-progress", "Digits": "1"}
LEG = completed("CA9", ParentCallSid="CA1") | {"Direction": "outbound-dial"}
ROOT = "/webhooks/twilio"
CAPTURED: dict[str, dict[str, str]] = {
    f"{ROOT}/voice": inbound("CA1"),
    f"{ROOT}/at/node/main/language?language=en&step=1": PRESSED,
    f"{ROOT}/at/node/main/main?language=en&step=2": PRESSED,
    f"{ROOT}/at/wait/main/sales?language=en&step=4": PRESSED | {"QueuePosition": "1", "QueueTime": "9"},
    f"{ROOT}/voice/fallback": inbound("CA1", ErrorCode="11200", ErrorUrl=f"{PUBLIC}{ROOT}/voice"),
    f"{ROOT}/screen?language=en&step=3": inbound("CA9") | {"ParentCallSid": "CA1", "Digits": "1"},
    f"{ROOT}/client": inbound("CA5", "client:nobody"),
    f"{ROOT}/outbound": inbound("CA6") | {"Direction": "outbound-api"},
    f"{ROOT}/leg?screen=1&step=2": LEG,
    f"{ROOT}/recording?kind=call": AUDIO,
    f"{ROOT}/status": completed("CA1"),
    f"{ROOT}/message": SMS | {"Body": "Hello", "NumMedia": "0"},
    f"{ROOT}/message/status": SENT,
}


def signature_of(path: str, fields: dict[str, str]) -> str:
    return sign(TOKEN, PUBLIC + path, fields.items())


def post(app: RunningApp, path: str, pairs: Pairs, signature: str) -> Any:
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    return app.client.post(path, content=urlencode(pairs), headers=headers, follow_redirects=False)


def signed_text(fields: dict[str, str]) -> str:
    return "".join(name + value for name, value in sorted(fields.items()))


def cut_otherwise(text: str, chance: Random) -> Pairs:
    """Other names and values of the same text, in the order in which they are signed, no name twice."""
    places = sorted(chance.sample(range(1, len(text)), 2 * chance.randint(1, 12)))
    pieces = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
    pairs: Pairs = []
    for name, value in zip(pieces[::2], [*pieces[1::2], ""], strict=False):
        if pairs and name <= pairs[-1][0]:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + name + value)
        else:
            pairs.append((name, value))
    return pairs


def variants(path: str, fields: dict[str, str]) -> Iterator[Variant]:
    """The request with one border moved at a time, with many, and with some of the URL in the form."""
    ordered = sorted(fields.items())
    for index, (name, value) in enumerate(ordered):
        before, behind = ordered[:index], ordered[index + 1 :]
        if value:
            yield path, [*before, (name + value[0], value[1:]), *behind]
        yield path, [*before, (name[:-1], name[-1] + value), *behind]
        if before:
            (last, swallowing), rest = before[-1], before[:-1]
            yield path, [*rest, (last, swallowing + name + value), *behind]
    chance = Random(path)
    yield from ((path, cut_otherwise(signed_text(fields), chance)) for _ in range(40))
    (first, value), *rest = ordered
    for length in range(len(f"{ROOT}/"), len(path)):
        if path[length] not in ("&", "/", "?"):
            continue
        yield path[:length], [(path[length:] + first, value), *rest]
    separator = "&" if "?" in path else "?"
    if separator == "&":
        yield path + first + value, rest


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    """The app with a clock that stands, where no job runs but in `snapshot`."""
    clock = SetClock(SystemClock().now())
    with open_app(settings_for(database_url, tmp_path), clock, background=False) as app:
        yield app


def snapshot(app: RunningApp) -> str:
    """Everything the store holds but jobs, events for screens and presence, once all jobs due have run.

    The clock stands: a fetch of audio that failed is not due again.
    """
    services = app.services
    assert app.client.portal is not None
    app.client.portal.call(Runner(services.store, handlers(services), services.clock).run_due)

    def read(session: Any) -> dict[str, list[Any]]:
        return {
            table.name: sorted(map(repr, session.connection().execute(select(table)).all()))
            for table in SQLModel.metadata.sorted_tables
            if table.name not in {Job.__tablename__, LiveEvent.__tablename__, Presence.__tablename__}
        }

    return json.dumps(app.services.store.read_now(read), indent=1)


def play(app: RunningApp) -> None:
    """All requests as the carrier sent them."""
    app.hire("Ana", "+12025550101")
    for path, fields in CAPTURED.items():
        assert post(app, path, [*fields.items()], signature_of(path, fields)).status_code in (200, 204), path


def test_no_repetition_with_other_borders_changes_anything(app: RunningApp) -> None:
    play(app)
    before, sent = snapshot(app), 0
    for path, fields in CAPTURED.items():
        signature = signature_of(path, fields)
        for target, pairs in variants(path, fields):
            if target + signed_text(dict(pairs)) != path + signed_text(fields):
                continue
            status = post(app, target, pairs, signature).status_code
            assert status in (200, 204, 400, 404), (target, pairs, status)  # and not 403: its signature fits
            sent += 1
        assert snapshot(app) == before, path
    assert sent > 500


@pytest.mark.parametrize("path", CAPTURED)
def test_a_field_that_is_there_twice_makes_nothing(app: RunningApp, path: str) -> None:
    fields = CAPTURED[path] | {"FromCity": "", "FromCountry": ""}
    once = [pair for pair in fields.items() if pair[0] not in ("FromCity", "FromCountry")]
    twice = [("FromC", "ity"), ("FromC", "ountry")]  # to a signature the same as two fields without values
    before = snapshot(app)
    response = post(app, path, [*once, *twice], signature_of(path, fields))
    if response.status_code == 200:
        assert Document(response.text).rung() == [OPERATOR]
    else:
        assert (response.status_code, "twice" in response.text) == (400, True)
    assert snapshot(app) == before


def test_a_press_of_the_same_key_is_a_new_turn_and_a_retry_is_none(app: RunningApp) -> None:
    menu = app.rings("CA1")
    wrong = PRESSED | {"Digits": "9"}
    again = app.twiml(menu.path("Gather"), wrong)
    assert again.path("Gather") != menu.path("Gather")  # each document has a number of its own: its step
    retried = app.twiml(menu.path("Gather"), wrong)
    assert retried.text == again.text
    third = app.twiml(again.path("Gather"), wrong)
    assert third.text != again.text
    kinds = [event["kind"] for event in app.get("/calls/CA1")["events"]]
    assert kinds == ["voice", "node", "node"]


def test_the_same_fact_in_two_texts_is_two_events_and_one_history(app: RunningApp) -> None:
    assert app.post(f"{ROOT}/status", completed("CA1")).status_code == 204
    before = app.get("/calls/CA1")
    assert app.post(f"{ROOT}/status?from=elsewhere", completed("CA1", ApiVersion="2")).status_code == 204
    after = app.get("/calls/CA1")
    assert (len(before["events"]), len(after["events"])) == (1, 2)
    assert {**before, "events": []} == {**after, "events": []}


def test_a_request_that_an_older_version_kept_is_a_repetition_too(app: RunningApp) -> None:
    path, fields = f"{ROOT}/voice", inbound("CA1")
    post(app, path, [*fields.items()], signature_of(path, fields))
    former = event_key(fields["AccountSid"], "voice", path, [*fields.items()])
    app.services.store.write_now(lambda session: session.exec(update(CarrierEvent).values(key=former)))
    before = snapshot(app)
    response = post(app, path, [*fields.items()], signature_of(path, fields))
    assert (response.status_code, snapshot(app)) == (200, before)
