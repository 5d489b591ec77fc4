"""Nothing that was acknowledged is deleted: what can't be taken in stays, is shown, and is tried again."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.calls.ingest import projection
from callcrm.cli.commands import app as commands
from callcrm.jobs import spool_replay
from callcrm.messages import receive
from callcrm.models import Job, Message
from callcrm.store.enqueue import enqueue
from tests.posts import completed
from tests.running import LINE
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import page_text, sign_in

STATUS = "/webhooks/twilio/status"
TEXT = {
    "MessageSid": "SM1",
    "From": "+12025550134",
    "To": LINE,
    "Body": "سلام، کی باز می‌کنید؟",
    "NumMedia": "0",
}
SENT = {"MessageSid": "SM2", "From": LINE, "To": "+12025550134", "MessageStatus": "delivered"}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path), background=False) as app:
        yield app


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Every verb that takes something in breaks, until the function is called."""

    def fault(*_: Any, **__: Any) -> None:
        raise UnicodeError("a database that can't hold the text")

    for module, name in (
        (receive, "record_incoming"),
        (receive, "record_message_status"),
        (projection, "project"),
    ):
        monkeypatch.setattr(module, name, fault)
    return monkeypatch.undo


def _replay(app: RunningApp) -> None:
    services = app.services
    assert app.client.portal is not None
    take = partial(spool_replay.replay, services.store, services.runtime, services.clock)
    app.client.portal.call(services.spool.replay, take)


def _acknowledged(app: RunningApp) -> None:
    """A text, a text's status and a call's end are acknowledged, and break on their way in."""
    for path, fields in (
        ("/webhooks/twilio/message", TEXT),
        ("/webhooks/twilio/message/status", SENT),
        (STATUS, completed("CA1")),
    ):
        assert app.post(path, fields).status_code == 204
    _replay(app)


def _bodies(app: RunningApp) -> list[str]:
    return app.services.store.read_now(lambda session: list(session.exec(select(Message.body))))


def test_what_breaks_on_its_way_in_stays_and_is_counted(app: RunningApp, broken: Callable[[], None]) -> None:
    _acknowledged(app)
    assert app.services.spool.depth() == 0
    assert app.client.get("/readyz").json()["dead_letters"] == 3
    assert 'callcrm_dead_letters{kind="spooled"} 3.0' in app.client.get("/metrics").text


def test_an_administrator_sees_it_and_has_it_tried_again(app: RunningApp, broken: Callable[[], None]) -> None:
    ada = sign_in(app, "Ada", "admin")
    assert page_text(ada.get_page("/settings/dead-letters/count")) == ""
    _acknowledged(app)
    assert page_text(ada.get_page("/settings/dead-letters/count")).startswith("3")
    text = page_text(ada.get_page("/settings/dead-letters"))
    assert ("A message" in text, "An event of a call" in text, "UnicodeError" in text) == (True, True, True)
    assert "3 left" in page_text(ada.search("/settings/dead-letters/retry").text)
    broken()
    assert "3 taken in, 0 left" in page_text(ada.search("/settings/dead-letters/retry").text)
    assert TEXT["Body"] in _bodies(app)
    assert app.get("/calls/CA1")["state"] == "ended"


def test_nobody_else_sees_it(app: RunningApp) -> None:
    for role in ("agent", "supervisor"):
        assert sign_in(app, role, role).get("/settings/dead-letters").status_code == 403


def test_the_command_lists_them_and_has_them_tried_again(
    app: RunningApp,
    broken: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _acknowledged(app)
    command(app, monkeypatch, "list")
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines() if "\t" in line]
    assert [(line[0], line[2]) for line in lines] == [
        (kind, "builtins.UnicodeError") for kind in ("incoming", "delivery", "event")
    ]
    command(app, monkeypatch, "retry")
    assert "0 taken in, 3 left" in capsys.readouterr().err
    broken()
    command(app, monkeypatch, "retry")
    assert "3 taken in, 0 left" in capsys.readouterr().err
    assert TEXT["Body"] in _bodies(app)


def command(app: RunningApp, patch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Runs `callcrm dead-letters` beside the running app."""
    settings = app.services.settings
    with patch.context() as context:
        context.setattr("callcrm.config.load_settings", lambda **_: settings)
        commands(["dead-letters", *arguments], standalone_mode=False)


def test_a_text_keeps_the_time_it_came(app: RunningApp, broken: Callable[[], None]) -> None:
    assert app.post("/webhooks/twilio/message", TEXT).status_code == 204
    came = app.services.clock.now()
    time.sleep(0.1)
    broken()
    _replay(app)
    created = app.services.store.read_now(lambda session: session.exec(select(Message.created_at)).one())
    assert created <= came


def test_a_job_that_was_given_up_on_runs_again(app: RunningApp) -> None:
    def dead(session: Session) -> None:
        now = app.services.clock.now()
        enqueue(session, "call_ended", "call-1", {"call": "none"}, now)
        job = session.exec(select(Job)).one()
        job.dead_at, job.attempts, job.last_error = now, 20, "builtins.KeyError"

    app.services.store.write_now(dead)
    ada = sign_in(app, "Ada", "admin")
    assert "What follows from a call that has ended" in page_text(ada.get_page("/settings/dead-letters"))
    assert 'callcrm_dead_letters{kind="job"} 1.0' in app.client.get("/metrics").text
    assert "runs again: 1" in page_text(ada.search("/settings/dead-letters/retry").text)
    row = app.services.store.read_now(lambda session: session.exec(select(Job)).one())
    assert (row.dead_at, row.attempts) == (None, 0)
