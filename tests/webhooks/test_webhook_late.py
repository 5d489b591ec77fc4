"""What was answered is what is kept, however late the store is: history, agents, pops and consent (I31)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from callcrm.calls import consent
from callcrm.calls.ingest import projection
from callcrm.jobs import spool_replay
from callcrm.models import AgentState, CarrierEvent, Pop
from callcrm.notes import call_notes
from tests.clocks import CLOCK
from tests.posts import completed, inbound
from tests.running import OPERATOR
from tests.running_app import Document, RunningApp, open_app, settings_for
from tests.store.slow_commits import SlowCommit, failing_commit

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"
STATUS = "/webhooks/twilio/status"
PHONE = "+12025550170"
PATIENCE = 1.8  # seconds a caller may wait for an answer, whatever has failed
SYNCS = (0.3, 1.05, 1.5)  # seconds; the store's deadline lies among them


def _agent_calls(app: RunningApp, sid: str) -> Document:
    """A caller presses the key of sales, whom one agent serves; the document they get, in time."""
    began = CLOCK.monotonic()
    document = app.twiml(MENU, inbound(sid) | {"Digits": "1"})
    assert CLOCK.monotonic() - began < PATIENCE
    return document


def _settled(app: RunningApp) -> None:
    """Waits until what was late is in, and takes in what was spooled."""
    services = app.services
    services.store.write_now(lambda session: None, lock="CA1")  # which the late verb holds
    replay = partial(spool_replay.replay, services.store, services.runtime, services.clock)
    assert app.client.portal is not None
    app.client.portal.call(services.spool.replay, replay)
    assert services.spool.depth() == 0


def _kept(app: RunningApp, sid: str) -> list[str | None]:
    def answers(session: Session) -> list[str | None]:
        rows = (
            select(CarrierEvent.answer)
            .where(col(CarrierEvent.root_sid) == sid)
            .order_by(col(CarrierEvent.id))
        )
        return list(session.exec(rows))

    return app.services.store.read_now(answers)


def _pops(app: RunningApp) -> list[str]:
    return list(app.services.store.read_now(lambda session: session.exec(select(Pop.agent_id)).all()))


def _consent(app: RunningApp, call_id: str) -> Any:
    return app.services.store.read_now(lambda session: consent.consent_of(session, call_id))


def _assert_kept(app: RunningApp, sid: str, agent: str, document: Document) -> None:
    """The store holds what the document says: the agent's state, their pop and the notice."""
    rung = PHONE in document.rung()
    assert _kept(app, sid) == [document.text]
    row = app.agent(agent)
    call = app.get(f"/calls/{sid}")
    expected = (AgentState.RINGING, call["id"]) if rung else (AgentState.AVAILABLE, None)
    assert ((row.state, row.call_id), _pops(app)) == (expected, [agent] if rung else [])
    assert bool(_consent(app, call["id"])) == (document.find("Dial").get("record") is not None)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    """The app, where nothing else writes meanwhile."""
    with open_app(settings_for(database_url, tmp_path), background=False) as app:
        yield app


@pytest.mark.parametrize("sync", SYNCS)
def test_a_late_commit_keeps_what_the_caller_was_answered(
    app: RunningApp, slow_commit: SlowCommit, sync: float
) -> None:
    agent = app.hire("Sara", PHONE)
    slow_commit(sync)
    document = _agent_calls(app, "CA1")
    slow_commit(0)
    _settled(app)
    assert document.rung() == [PHONE]
    _assert_kept(app, "CA1", agent, document)


def test_a_verb_slower_than_its_deadline_leaves_nothing(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = app.hire("Sara", PHONE)
    project = projection.project

    def slow(*arguments: Any) -> None:
        project(*arguments)
        CLOCK.block(1.3)

    monkeypatch.setattr(projection, "project", slow)
    document = _agent_calls(app, "CA1")
    monkeypatch.setattr(projection, "project", project)
    _settled(app)
    assert document.rung() == [OPERATOR]
    _assert_kept(app, "CA1", agent, document)


def test_a_caller_behind_a_late_commit_is_answered_from_memory(
    app: RunningApp, slow_commit: SlowCommit
) -> None:
    """The one before is being committed still: the next is not begun, and leaves nothing but its answer."""
    agent = app.hire("Sara", PHONE)
    slow_commit(1.6)
    first = _agent_calls(app, "CA1")
    second = _agent_calls(app, "CA2")
    slow_commit(0)
    _settled(app)
    assert first.rung() == [PHONE]
    assert PHONE not in second.rung()
    assert (_kept(app, "CA1"), _kept(app, "CA2")) == ([first.text], [second.text])
    assert _pops(app) == [agent]


def test_a_commit_that_fails_after_its_caller_left_is_made_up_for(
    app: RunningApp, slow_commit: SlowCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller was sent to the agent: so the agent is claimed and gets the pop, once the store can."""
    agent = app.hire("Sara", PHONE)
    with failing_commit(monkeypatch, after=1.2):
        document = _agent_calls(app, "CA1")
    _settled(app)
    assert document.rung() == [PHONE]
    _assert_kept(app, "CA1", agent, document)


@pytest.mark.engine("sqlite")
def test_a_late_report_is_acknowledged_and_kept_once(app: RunningApp, slow_commit: SlowCommit) -> None:
    app.rings("CA1")
    slow_commit(5.3)  # past the store's deadline for reports
    assert app.post(STATUS, completed("CA1", 9)).status_code == 204
    slow_commit(0)
    _settled(app)
    call = app.get("/calls/CA1")
    assert (call["state"], [event["kind"] for event in call["events"]]) == ("ended", ["voice", "status"])


def test_a_form_answered_503_has_not_been_done(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app.rings("CA1")
    call = app.get("/calls/CA1")["id"]
    add = call_notes.add

    def slow(*arguments: Any, **options: Any) -> Any:
        note = add(*arguments, **options)
        CLOCK.block(1.7)
        return note

    monkeypatch.setattr(call_notes, "add", slow)
    late = app.send("POST", f"/calls/{call}/notes", {"body": "late"}, **{"Idempotency-Key": "k1"})
    monkeypatch.setattr(call_notes, "add", add)
    CLOCK.block(0.5)  # the verb is at it still
    assert late.status_code == 503
    assert app.get("/calls/CA1")["notes"] == []
    again = app.send("POST", f"/calls/{call}/notes", {"body": "late"}, **{"Idempotency-Key": "k1"})
    assert (again.status_code, len(app.get("/calls/CA1")["notes"])) == (201, 1)


def test_a_form_waits_for_its_commit(app: RunningApp, slow_commit: SlowCommit) -> None:
    app.rings("CA1")
    call = app.get("/calls/CA1")["id"]
    slow_commit(2.0)
    saved = app.send("POST", f"/calls/{call}/notes", {"body": "slow disk"}, **{"Idempotency-Key": "k1"})
    slow_commit(0)
    assert (saved.status_code, len(app.get("/calls/CA1")["notes"])) == (201, 1)
