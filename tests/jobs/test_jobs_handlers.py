"""What is enqueued is done: through the real runner, against a carrier that is slow to have it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from callcrm.base.threads import Threads
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.carrier.media import MediaClient, open_media_client
from callcrm.carrier.rest import RestClient, open_rest_client
from callcrm.config import Settings, load_settings
from callcrm.crm.seams import SEAMS, Seams
from callcrm.ivr.flows.model import Flows
from callcrm.jobs.handlers import handlers
from callcrm.jobs.retry import GiveUp
from callcrm.jobs.runner import Runner
from callcrm.messages.send import compose
from callcrm.models import Job, Message
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.pending import enqueue_fetch
from callcrm.store.store import Store
from tests.audio_server import WAV, carrier, sends
from tests.clocks import THREADS, SetClock
from tests.recordings.recorded_call import call_with_recording, recording


@dataclass
class Services:
    """What the handlers of jobs need."""

    settings: Settings
    clock: SetClock
    threads: Threads
    store: Store
    rest_client: RestClient
    media: MediaClient
    storage: LocalStorage
    runtime: CallRuntime
    seams: Seams = SEAMS


def services(store: Store, clock: SetClock, folder: Path, port: int) -> Services:
    settings = load_settings(
        {
            "CALLCRM_TWILIO_API_URL": f"http://127.0.0.1:{port}",
            "CALLCRM_NUMBERS": "+12025550100",
            "CALLCRM_PUBLIC_URL": "https://us.example",
            "TWILIO_ACCOUNT_SID": "AC1",
            "TWILIO_AUTH_TOKEN": "secret",
        }
    )
    return Services(
        settings,
        clock,
        THREADS,
        store,
        open_rest_client(settings, clock),
        open_media_client(settings, clock, THREADS),
        LocalStorage(folder / "kept", THREADS),
        build_runtime(settings, Flows()),
    )


def job(store: Store) -> Job:
    not_periodic = select(Job).where(col(Job.kind).not_like("periodic:%"))
    return store.read_now(lambda session: session.exec(not_periodic).one())


def test_a_recording_s_job_comes_again_until_it_is_home(
    store: Store, clock: SetClock, tmp_path: Path
) -> None:
    call_with_recording(store)
    store.write_now(lambda session: enqueue_fetch(session, "RE1", clock.now()))
    with carrier(sends(b"", status=404), sends(WAV)) as server:
        runner = Runner(store, handlers(services(store, clock, tmp_path, server.server_port)), clock)
        asyncio.run(runner.run_due())
        first = recording(store).status, job(store).done_at
        clock.advance(5)
        asyncio.run(runner.run_due())
    assert first == ("pending", None)
    assert (recording(store).status, job(store).done_at) == ("stored", clock.now())


def test_a_message_s_job_is_put_off_while_the_carrier_is_away(
    store: Store, clock: SetClock, tmp_path: Path
) -> None:
    parts = services(store, clock, tmp_path, 9)
    store.write_now(
        lambda session: compose(
            session, parts.settings, to="+12025550123", body="Hello", author_id=None, now=clock.now()
        )
    )
    asyncio.run(Runner(store, handlers(parts), clock).run_due())
    assert job(store).run_at > clock.now()
    assert store.read_now(lambda session: session.exec(select(Message.status)).one()) == "queued"


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("fetch_recording", {}),
        ("fetch_recording", {"sid": "RE1", "since": "noon"}),
        ("send_message", {}),
        ("fetch_message_media", {}),
    ],
)
def test_a_malformed_payload_is_given_up_on(
    store: Store, clock: SetClock, tmp_path: Path, kind: str, payload: dict[str, Any]
) -> None:
    handler = handlers(services(store, clock, tmp_path, 9))[kind]

    async def run() -> None:
        await handler(payload)

    with pytest.raises(GiveUp):
        asyncio.run(run())
