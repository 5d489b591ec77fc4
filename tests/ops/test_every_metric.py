"""Every metric is seen to move, in an app that is used as it is used: what nothing sets is no metric."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlmodel import select

from callcrm import metrics
from callcrm.ledger import spool_file
from callcrm.ledger.dead_letters import FILE
from callcrm.models import Recording
from tests.posts import completed, inbound
from tests.running import ACCOUNT
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.login_client import LoginClient, add_user

SID = "CA" + "5" * 32
TESTS = Path(__file__).parents[1]


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path), background=False) as app:
        yield app


def scraped(app: RunningApp, sample: str) -> float:
    """A sample of /metrics, 0 if it is not there yet."""
    text = app.client.get("/metrics").text
    values = [line.split()[-1] for line in text.splitlines() if line.startswith(f"{sample} ")]
    return float(values[0]) if values else 0.0


def report(app: RunningApp, **more: str) -> None:
    form = {**inbound(SID), "CallStatus": "ringing", **more}
    assert app.post("/webhooks/twilio/status", form).status_code == 204


@contextmanager
def store_down(app: RunningApp) -> Iterator[None]:
    """The store's file is away, or its server refuses every connection."""
    if app.services.store.dialect == "sqlite":
        path = Path(make_url(app.services.store.url).database or "")
        path.rename(path.with_name("away"))
        yield
        path.with_name("away").rename(path)
        return
    app.services.store.close()
    yield


def spool(app: RunningApp) -> None:
    with store_down(app):
        report(app)


def degrade(app: RunningApp) -> None:
    with store_down(app):
        app.rings(SID)


def refuse(app: RunningApp) -> None:
    app.post("/webhooks/twilio/status", inbound(SID), token="another")


def record(app: RunningApp) -> None:
    app.rings(SID)
    form = {
        "AccountSid": ACCOUNT,
        "CallSid": SID,
        "RecordingSid": "RE" + "5" * 32,
        "RecordingStatus": "completed",
        "RecordingDuration": "3",
    }
    assert app.post("/webhooks/twilio/recording?kind=call", form).status_code == 204
    assert app.services.store.read_now(lambda session: session.exec(select(Recording)).all())


def lose_a_letter(app: RunningApp) -> None:
    folder = app.services.settings.spool
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(spool_file.encode({"kind": "event", "data": {}}))


def guess(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    assert LoginClient(app).sign_in(email, "a wrong sentence").status_code == 401


def ring(app: RunningApp) -> None:
    app.rings(SID)


# By the metric's name: the sample that moves, and what moves it.
MOVES: dict[str, tuple[str, Callable[[RunningApp], object]]] = {
    "callcrm_webhook_requests": ('callcrm_webhook_requests_total{result="2xx",route="status"}', report),
    "callcrm_webhook_seconds": ('callcrm_webhook_seconds_count{route="status"}', report),
    "callcrm_signatures_refused": (
        'callcrm_signatures_refused_total{mode="enforce",route="status"}',
        refuse,
    ),
    "callcrm_degraded_answers": ("callcrm_degraded_answers_total", degrade),
    "callcrm_events_spooled": ("callcrm_events_spooled_total", spool),
    "callcrm_store_faults": ('callcrm_store_faults_total{kind="down"}', spool),
    "callcrm_spool_depth": ("callcrm_spool_depth", spool),
    "callcrm_dead_letters": ('callcrm_dead_letters{kind="spooled"}', lose_a_letter),
    "callcrm_recordings_pending": ("callcrm_recordings_pending", record),
    "callcrm_calls": ('callcrm_calls{state="ivr"}', ring),
    "callcrm_logins": ('callcrm_logins_total{result="wrong"}', guess),
}
# Seen to move in a test of what they count.
ELSEWHERE = {
    "callcrm_jobs": "ops/test_every_metric.py::test_jobs_are_counted_as_they_end",
    "callcrm_live_subscribers": "live/test_hub.py::test_open_streams_are_a_figure",
    "callcrm_accounts_attacked": (
        "web/session/test_login_attacks.py::test_the_owner_and_admins_are_told_of_an_attack"
    ),
}


def names() -> set[str]:
    return {family.name for family in metrics.REGISTRY.collect()}


def test_every_metric_has_a_test_that_sees_it_move() -> None:
    assert set(MOVES) | set(ELSEWHERE) == names()
    for name, place in ELSEWHERE.items():
        file, _, test = place.partition("::")
        _, found, rest = (TESTS / file).read_text(encoding="utf-8").partition(f"def {test}(")
        assert found, place
        assert name in rest.partition("\ndef test_")[0], place


def test_jobs_are_counted_as_they_end(database_url: str, tmp_path: Path) -> None:
    sample = 'callcrm_jobs_total{kind="call_ended",result="done"}'
    with open_app(settings_for(database_url, tmp_path)) as app:
        before = scraped(app, sample)
        app.rings(SID)
        report(app, **completed(SID))
        for _ in range(200):
            if scraped(app, sample) > before:
                return
            time.sleep(0.05)
    raise AssertionError("no job was counted")


@pytest.mark.parametrize("name", MOVES)
def test_a_metric_moves(app: RunningApp, name: str) -> None:
    sample, move = MOVES[name]
    before = scraped(app, sample)
    move(app)
    assert scraped(app, sample) > before
