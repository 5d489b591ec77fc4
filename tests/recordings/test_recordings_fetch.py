"""A recording's way home: whole and once, or visibly not yet, whatever happens on the way."""

import asyncio
import hashlib
import random
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import update

from callcrm.carrier.media import Limits, MediaClient
from callcrm.live.announce import Announcement
from callcrm.models import Job, RecordingStatus
from callcrm.recordings import pending
from callcrm.recordings.fetch import Fetcher
from callcrm.recordings.leftovers import sweep
from callcrm.recordings.local import LocalStorage
from callcrm.recordings.pending import NOTHING_RECORDED
from callcrm.recordings.storage import StorageDown
from callcrm.store.store import Store
from tests.audio_server import WAV, Reply, carrier, redirects, sends
from tests.clocks import CLOCK, THREADS, SetClock
from tests.recordings.recorded_call import NOON, call_with_recording, recording

DAY = timedelta(hours=24)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "recordings", THREADS)


def fetcher(store: Store, storage: LocalStorage, clock: SetClock, port: int) -> Fetcher:
    limits = Limits(seconds=5, silence=0.3, connect=1)
    media = MediaClient(
        CLOCK, THREADS, api_url=f"http://127.0.0.1:{port}", account="AC1", token="secret", limits=limits
    )
    return Fetcher(store, media, storage, clock, THREADS)


def fetch(
    store: Store, storage: LocalStorage, clock: SetClock, *replies: Reply, since: datetime = NOON
) -> timedelta | None:
    with carrier(*replies) as server:
        return asyncio.run(fetcher(store, storage, clock, server.server_port).fetch("RE1", since))


def stored_files(storage: LocalStorage) -> list[Path]:
    return [file for file in storage.scratch().parent.rglob("*") if file.is_file()]


def test_a_recording_comes_home_whole_and_verified(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    call_with_recording(store)
    assert fetch(store, storage, clock, sends(WAV)) is None
    row = recording(store)
    assert (row.status, row.bytes, row.content_type) == ("stored", len(WAV), "audio/wav")
    assert row.sha256 == hashlib.sha256(WAV).hexdigest()
    assert row.stored_at == clock.now()
    path = storage.local_path(row.storage_name or "")
    assert path is not None
    assert path.read_bytes() == WAV


def test_screens_that_show_the_call_are_told(
    store: Store, storage: LocalStorage, clock: SetClock, published: list[object]
) -> None:
    call_with_recording(store, answered_by="sara")
    fetch(store, storage, clock, sends(WAV))
    events = [event for event in published if isinstance(event, Announcement)]
    assert [(event.kind, event.subject, event.to, event.supervisors) for event in events] == [
        ("call.updated", "call_1", ("sara",), True)
    ]


def test_not_there_yet_is_shown_and_tried_again(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    call_with_recording(store)
    assert fetch(store, storage, clock, sends(b"<no/>", status=404)) == pending.FIRST_PAUSE
    row = recording(store)
    assert (row.status, row.error, row.storage_name) == ("pending", "retrying: 404", None)


def test_after_three_misses_it_still_comes_home(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    call_with_recording(store)
    missing = sends(b"<no/>", status=404)
    replies = [missing, missing, missing, sends(WAV)]
    with carrier(*replies) as server:
        home = fetcher(store, storage, clock, server.server_port)
        while pause := asyncio.run(home.fetch("RE1", NOON)):
            clock.advance(pause.total_seconds())
    row = recording(store)
    assert (row.status, row.error) == ("stored", None)


@pytest.mark.parametrize(
    "reply",
    [
        sends(b"", status=500),
        sends(WAV[:100], length=len(WAV)),
        sends(b"<html/>"),
        sends(b""),
        redirects("http://127.0.0.1:9/"),
        redirects("http://169.254.169.254/latest/meta-data/"),
        sends(b"", length=5 * 1024**3),
    ],
)
def test_whatever_is_no_recording_is_never_kept(
    store: Store, storage: LocalStorage, clock: SetClock, reply: Reply
) -> None:
    call_with_recording(store)
    assert fetch(store, storage, clock, reply) is not None
    assert recording(store).status == RecordingStatus.PENDING
    assert stored_files(storage) == []


def test_a_full_disk_loses_nothing(
    store: Store, storage: LocalStorage, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: LocalStorage, file: Path) -> str:
        raise StorageDown("the recordings folder can't be written (No space left on device)")

    call_with_recording(store)
    monkeypatch.setattr(LocalStorage, "put", full)
    assert fetch(store, storage, clock, sends(WAV)) is not None
    assert recording(store).status == RecordingStatus.PENDING
    assert "No space left" in str(recording(store).error)


def test_pauses_double_up_to_two_hours_and_end_after_a_day(clock: SetClock) -> None:
    pauses = []
    while pause := pending.retry_pause(NOON, clock.now()):
        pauses.append(pause)
        clock.advance(pause.total_seconds())
    assert pauses[:4] == [timedelta(seconds=s) for s in (5, 5, 10, 20)]
    assert max(pauses) == pending.LONGEST_PAUSE
    assert sum(pauses, timedelta()) >= DAY
    assert 15 < len(pauses) < 40


def test_after_a_day_it_is_given_up_on_visibly(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    call_with_recording(store)
    clock.advance(DAY.total_seconds())
    assert fetch(store, storage, clock, sends(b"", status=404)) is None
    row = recording(store)
    assert (row.status, row.error) == ("failed", "gave up: 404")


def test_what_was_given_up_on_can_still_come_home(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    call_with_recording(store, status="failed", error="gave up: 404")
    assert store.write_now(lambda session: pending.requeue(session, "RE1", clock.now())) is True
    assert fetch(store, storage, clock, sends(WAV), since=clock.now()) is None
    assert recording(store).status == RecordingStatus.STORED


def requeue(store: Store, clock: SetClock) -> bool:
    return store.write_now(lambda session: pending.requeue(session, "RE1", clock.now()))


def test_what_is_already_in_hand_is_not_asked_for_twice(store: Store, clock: SetClock) -> None:
    call_with_recording(store, status="failed", error="gave up: 404")
    again = [requeue(store, clock)]
    clock.advance(600)
    again.append(requeue(store, clock))
    store.write_now(lambda session: session.exec(update(Job).values(done_at=clock.now())))
    again.append(requeue(store, clock))
    assert again == [True, False, True]


def test_what_is_overdue_is_asked_for_and_what_is_young_is_not(store: Store, clock: SetClock) -> None:
    call_with_recording(store)
    young = requeue(store, clock)
    clock.advance(3600)
    assert (young, requeue(store, clock)) == (False, True)


def test_where_the_carrier_recorded_nothing_nothing_is_asked_for(store: Store, clock: SetClock) -> None:
    call_with_recording(store, status="failed", error=NOTHING_RECORDED)
    clock.advance(7200)
    assert requeue(store, clock) is False


@pytest.mark.parametrize("status", ["stored", "deleted"])
def test_what_needs_no_fetching_is_not_asked_for(
    store: Store, storage: LocalStorage, clock: SetClock, status: str
) -> None:
    call_with_recording(store, status=status)
    with carrier(sends(WAV)) as server:
        assert asyncio.run(fetcher(store, storage, clock, server.server_port).fetch("RE1", NOON)) is None
    assert server.requests == []


def test_a_recording_nobody_knows_is_left_alone(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    assert fetch(store, storage, clock, sends(WAV)) is None
    assert stored_files(storage) == []


def test_two_workers_at_once_keep_one_copy(store: Store, storage: LocalStorage, clock: SetClock) -> None:
    call_with_recording(store)

    async def both(port: int) -> None:
        home = fetcher(store, storage, clock, port)
        await asyncio.gather(home.fetch("RE1", NOON), home.fetch("RE1", NOON))

    with carrier(sends(WAV)) as server:
        asyncio.run(both(server.server_port))
    assert [file.name for file in stored_files(storage)] == [recording(store).storage_name]


def test_deleted_while_it_was_on_its_way_it_is_not_kept(
    store: Store, storage: LocalStorage, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_with_recording(store)
    put = LocalStorage.put

    async def put_late(self: LocalStorage, file: Path) -> str:
        await store.write(lambda session: _delete(session))
        return await put(self, file)

    def _delete(session: object) -> None:
        row = pending.by_sid(session, "RE1")  # type: ignore[arg-type]
        assert row is not None
        row.status = RecordingStatus.DELETED

    monkeypatch.setattr(LocalStorage, "put", put_late)
    fetch(store, storage, clock, sends(WAV))
    assert recording(store).status == RecordingStatus.DELETED
    assert stored_files(storage) == []


# --- killed, and swept --------------------------------------------------------------------------


def test_what_a_killed_process_left_is_swept_and_what_is_known_stays(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    call_with_recording(store)
    fetch(store, storage, clock, sends(WAV))
    (storage.scratch() / "half.part").write_bytes(WAV[:100])
    (storage.scratch().parent / ("0" * 32)).write_bytes(WAV)
    later = CLOCK.now() + timedelta(hours=3)
    assert asyncio.run(sweep(store, storage, later)) == 2
    assert [file.name for file in stored_files(storage)] == [recording(store).storage_name]


def test_what_may_still_be_on_its_way_is_not_swept(store: Store, storage: LocalStorage) -> None:
    (storage.scratch() / "half.part").write_bytes(WAV[:100])
    (storage.scratch().parent / ("0" * 32)).write_bytes(WAV)
    assert asyncio.run(sweep(store, storage, CLOCK.now())) == 0


def test_a_store_that_knows_hardly_anything_sweeps_nothing_away(store: Store, storage: LocalStorage) -> None:
    storage.scratch()
    for number in range(30):
        (storage.scratch().parent / f"{number:032x}").write_bytes(b"audio")
    later = CLOCK.now() + timedelta(hours=3)
    assert asyncio.run(sweep(store, storage, later)) == 0
    assert len(stored_files(storage)) == 30


CHILD = """
import asyncio, sys
from pathlib import Path
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.carrier.media import MediaClient
from callcrm.recordings.fetch import Fetcher
from callcrm.recordings.local import LocalStorage
from callcrm.store.store import Store
url, api, folder = sys.argv[1:]
store = Store(url, clock, threads)
media = MediaClient(clock, threads, api_url=api, account="AC1", token="secret")
storage = LocalStorage(Path(folder), threads)
asyncio.run(Fetcher(store, media, storage, clock, threads).fetch("RE1", clock.now()))
store.close()
"""


def test_killed_at_any_byte_nothing_half_is_ever_visible(
    store: Store, storage: LocalStorage, clock: SetClock
) -> None:
    call_with_recording(store)
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    long = WAV * 100
    with carrier(_slowly(long)) as server:
        api = f"http://127.0.0.1:{server.server_port}"
        for _ in range(3):
            _run_and_kill(store.url, api, storage.scratch().parent, server, chance.uniform(0, 0.15))
            row = recording(store)
            assert row.status == "pending", f"seed {seed}"
            assert [file.suffix for file in stored_files(storage) if file.suffix != ".part"] == [], (
                f"seed {seed}"
            )
        server.replies[:] = [sends(long)]
        asyncio.run(fetcher(store, storage, clock, server.server_port).fetch("RE1", NOON))
    path = storage.local_path(recording(store).storage_name or "")
    assert path is not None
    assert path.read_bytes() == long


def _slowly(body: bytes) -> Reply:
    def reply(handler: object) -> None:
        handler.send_response(200)  # type: ignore[attr-defined]
        handler.send_header("Content-Length", str(len(body)))  # type: ignore[attr-defined]
        handler.end_headers()  # type: ignore[attr-defined]
        for start in range(0, len(body), 300_000):
            try:
                handler.wfile.write(body[start : start + 300_000])  # type: ignore[attr-defined]
            except OSError:
                return
            time.sleep(0.05)

    return reply


def _run_and_kill(url: str, api: str, folder: Path, server: object, after: float) -> None:
    requests = len(server.requests)  # type: ignore[attr-defined]
    process = subprocess.Popen([sys.executable, "-c", CHILD, url, api, str(folder)])
    while len(server.requests) == requests:  # type: ignore[attr-defined]
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
