"""Without the store: the line stays open, reports wait in the spool, and all of it becomes history again."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from callcrm import background
from callcrm.carrier.twiml import renderer
from tests.clocks import CLOCK
from tests.posts import completed, inbound
from tests.running import OPERATOR, free_port
from tests.running_app import PUBLIC, Document, RunningApp, open_app, settings_for

STATUS = "/webhooks/twilio/status"
PATIENCE = 1.8  # seconds a caller may wait for an answer, whatever has failed


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Another process holds the database's write lock."""
    path = make_url(database_url).database or ""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@pytest.fixture
def absent(tmp_path: Path) -> Iterator[RunningApp]:
    """A house whose PostgreSQL is not there."""
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with open_app(settings_for(url, tmp_path), stocked=False) as app:
        yield app


def _answered_in_time(app: RunningApp, path: str, fields: dict[str, str]) -> Document:
    began = CLOCK.monotonic()
    document = app.twiml(path, fields)
    assert CLOCK.monotonic() - began < PATIENCE
    return document


def test_the_line_stays_open_without_a_store(absent: RunningApp) -> None:
    menu = _answered_in_time(absent, "/webhooks/twilio/voice", inbound("CA1"))
    main = _answered_in_time(absent, menu.path("Gather"), inbound("CA1") | {"Digits": "1"})
    for key in ("0", "1", "2"):
        human = _answered_in_time(absent, main.path("Gather"), inbound("CA1") | {"Digits": key})
        assert human.rung() == [OPERATOR]
    vain = inbound("CA1") | {"DialCallStatus": "no-answer", "CallStatus": "in-progress"}
    message = _answered_in_time(absent, human.path("Dial"), vain)
    assert "Record" in message.verbs


def test_without_a_store_the_house_says_so_and_keeps_reports(absent: RunningApp) -> None:
    assert absent.client.get("/healthz").status_code == 200
    ready = absent.client.get("/readyz")
    assert (ready.status_code, "store" in ready.json()["down"]) == (503, True)
    assert absent.post(STATUS, completed("CA1")).status_code == 204
    assert absent.services.spool.depth() == 1


def test_a_report_that_can_be_kept_nowhere_is_not_acknowledged(absent: RunningApp) -> None:
    absent.services.spool.close()
    assert absent.post(STATUS, completed("CA1")).status_code == 503
    assert absent.post("/webhooks/twilio/voice", inbound("CA1")).status_code == 200


def test_a_locked_database_costs_the_caller_a_moment_and_the_history_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'locked.sqlite3'}"
    with open_app(settings_for(url, tmp_path)) as app:
        with locked(url):
            menu = _answered_in_time(app, "/webhooks/twilio/voice", inbound("CA1"))
            assert menu.path("Gather").startswith("/webhooks/twilio/at/")
            assert app.post(STATUS, completed("CA1")).status_code == 204
            assert app.client.get("/readyz").status_code == 503
        _until(lambda: app.services.spool.depth() == 0)
        call = app.get("/calls/CA1")
        assert (call["state"], [event["kind"] for event in call["events"]]) == ("ended", ["voice", "status"])
        assert app.client.get("/readyz").status_code == 200


def _until(done: Callable[[], bool], within: float = 20.0) -> None:
    until = CLOCK.monotonic() + within
    while not done():
        assert CLOCK.monotonic() < until, "it never came to pass"
        time.sleep(0.05)


def test_a_spool_is_taken_in_by_the_next_process(tmp_path: Path) -> None:
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with open_app(settings_for(away, tmp_path), stocked=False) as app:
        app.rings("CA1")
        assert app.post(STATUS, completed("CA1", 9)).status_code == 204
    with open_app(settings_for(f"sqlite:///{tmp_path / 'new.sqlite3'}", tmp_path)) as app:
        _until(lambda: app.services.spool.depth() == 0)
        assert app.get("/calls/CA1")["duration_seconds"] == 9


def test_a_fault_of_our_own_rings_the_operator(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(renderer.TwimlRenderer, "render", broken)
    document = app.rings("CA1")
    assert document.rung() == [OPERATOR]
    assert "Record" in document.verbs


def test_the_fallback_url_rings_the_operator_at_once(app: RunningApp) -> None:
    failing = f"{PUBLIC}/webhooks/twilio/at/node/main/main?language=en&step=4"
    failed = {"ErrorCode": "11200", "ErrorUrl": failing}
    document = app.twiml("/webhooks/twilio/voice/fallback", inbound("CA1") | failed)
    assert document.rung() == [OPERATOR]
    assert "step=6" in document.path("Dial")


def test_callers_at_once_are_all_answered_in_time(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'busy.sqlite3'}"
    with open_app(settings_for(url, tmp_path)) as app, locked(url):
        slowest: list[float] = []

        def ring(number: int) -> None:
            began = CLOCK.monotonic()
            app.rings(f"CA{number}")
            slowest.append(CLOCK.monotonic() - began)

        threads = [threading.Thread(target=ring, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(slowest) == 12
        assert max(slowest) < PATIENCE + 0.7  # twelve callers share two cores and one test client


def test_a_store_that_comes_late_is_made_fit_for_use(tmp_path: Path) -> None:
    url, in_the_way = f"sqlite:///{tmp_path / 'late' / 'new.sqlite3'}", tmp_path / "late"
    in_the_way.touch()
    with open_app(settings_for(url, tmp_path), stocked=False) as app:
        assert app.client.get("/readyz").status_code == 503
        assert app.post(STATUS, completed("CA1")).status_code == 204
        in_the_way.unlink()
        _until(lambda: app.client.get("/readyz").status_code == 200)
        _until(lambda: app.services.spool.depth() == 0)


def test_an_old_schema_is_named_as_what_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "STORE_POLL", 3600)
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    with open_app(settings_for(url, tmp_path)) as app:
        drop = text("DROP TABLE carrier_event")
        app.services.store.write_now(lambda session: session.connection().execute(drop))
        down = app.client.get("/readyz")
        assert down.status_code == 503
        assert "schema" in down.json()["down"]["store"]
        assert app.rings("CA1").verbs
