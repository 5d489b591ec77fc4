"""Between processes: ids travel, and what a bus loses is found in the table."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from callcrm.live import feed
from callcrm.live.bus import BATCH_SIZE, Bus, LocalBus, Outbox, PostgresBus, RedisBus, open_bus, parse_ids
from tests.clocks import CLOCK
from tests.live.conftest import Opener

pytestmark = pytest.mark.anyio

LATE = (
    'INSERT INTO live_event (at, kind, subject, "to", supervisors)'
    " VALUES (now(), 'call.updated', 'late', '[\"mia\"]', false)"
)


@pytest.fixture
def postgres(database_url: str) -> str:
    """The test's database; such tests are marked as PostgreSQL's."""
    return database_url


async def ids_over(speaker: Bus, hearer: Bus, ids: list[int]) -> list[int]:
    """What the one hears when the other sends these."""
    got: list[int] = []
    tasks = [asyncio.create_task(hearer.listen(got.extend)), asyncio.create_task(speaker.run_sender())]
    async with asyncio.timeout(10):
        while 0 not in got:
            speaker.send([0])
            await asyncio.sleep(0.02)
        speaker.send(ids)
        while got[-len(ids) :] != ids:  # noqa: ASYNC110  (a list)
            await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return got[-len(ids) :]


@pytest.mark.engine("postgresql")
async def test_ids_go_from_process_to_process_by_notify(postgres: str) -> None:
    ids = list(range(1, 2 * BATCH_SIZE))
    assert await ids_over(PostgresBus(postgres, CLOCK), PostgresBus(postgres, CLOCK), ids) == ids


@pytest.mark.engine("postgresql")
async def test_a_client_here_is_told_what_another_process_did(
    app: Opener, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 60.0)
    async with app(PostgresBus(postgres, CLOCK)) as here, app(PostgresBus(postgres, CLOCK)) as other:
        await _listening(postgres, 2)
        async with here.client() as mia:
            await other.announce("call_1")
            await here.announce("call_2")
            assert sorted(await mia.take(2)) == ["call_1", "call_2"]


@pytest.mark.engine("postgresql")
async def test_what_happens_while_the_bus_is_cut_is_told_once(
    app: Opener, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.2)
    async with app(PostgresBus(postgres, CLOCK)) as here, app(PostgresBus(postgres, CLOCK)) as other:
        await _listening(postgres, 2)
        async with here.client(keepalive=0.5) as mia:
            for number in range(20):
                await other.announce(f"call_{number}")
                if number == 10:
                    _cut(postgres)
            assert sorted(await mia.take(20)) == sorted(f"call_{number}" for number in range(20))
            assert await mia.silent()


@pytest.mark.engine("postgresql")
async def test_a_row_that_shows_late_is_told_live_and_to_who_comes_again(
    app: Opener, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.1)
    async with app() as here, await psycopg.AsyncConnection.connect(postgres) as slow:
        async with here.client() as gone, here.client(keepalive=0.5) as mia:
            await here.announce("first")
            await slow.execute(LATE)
            await here.announce("second")
            assert await gone.take(2) == await mia.take(2) == ["first", "second"]
            await slow.commit()
            assert await mia.take(1) == ["late"]
            assert await mia.silent()
        async with here.client(after=gone.last, keepalive=0.3) as again:
            assert await again.take(1) == ["late"]
            assert await again.silent()
        async with here.client(after=mia.last, keepalive=0.3) as again:
            assert await again.silent()


@pytest.mark.engine("postgresql")
async def test_a_row_that_shows_late_is_told_to_who_has_just_caught_up(app: Opener, postgres: str) -> None:
    async with app() as here, await psycopg.AsyncConnection.connect(postgres) as slow:
        async with here.client() as mia:
            await here.announce("first")
            await mia.take(1)
        await slow.execute(LATE)
        await here.announce("second")
        async with here.client(after=mia.last) as again:
            assert await again.take(1) == ["second"]
        await slow.commit()
        async with here.client(after=again.last) as once_more:
            assert await once_more.take(1) == ["late"]


@pytest.mark.parametrize(
    ("payload", "ids"), [("1,2", [1, 2]), ("", []), ("x,3,-1,٣", [3]), ("9" * 30, []), ("DROP TABLE", [])]
)
async def test_what_is_no_id_is_left_out(payload: str, ids: list[int]) -> None:
    assert parse_ids(payload) == ids


async def test_a_message_stays_below_the_limit_of_notify() -> None:
    outbox = Outbox()
    outbox.put([10**18] * 1000)
    assert len(await outbox.batch()) < 8000


@pytest.mark.parametrize(
    ("database", "redis", "kind"),
    [
        ("sqlite:////data/callcrm.sqlite3", None, LocalBus),
        ("postgresql://host/callcrm", None, PostgresBus),
        ("postgresql+psycopg://host/callcrm", None, PostgresBus),
        ("postgresql://host/callcrm", "redis://host", RedisBus),
    ],
)
async def test_settings_choose_the_bus(database: str, redis: str | None, kind: type[Bus]) -> None:
    assert isinstance(open_bus(database, redis, CLOCK), kind)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis server of this test's own."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        pytest.skip("needs redis-server or valkey-server")
    socket = tmp_path / "redis.sock"
    command = [server, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not socket.exists():
            time.sleep(0.02)
        yield f"unix://{socket}"
        process.terminate()


async def test_ids_go_from_process_to_process_by_redis(redis_url: str) -> None:
    ids = list(range(1, 2 * BATCH_SIZE))
    assert await ids_over(RedisBus(redis_url, CLOCK), RedisBus(redis_url, CLOCK), ids) == ids


async def _listening(url: str, count: int) -> None:
    """Wait until so many buses listen."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE %s"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as watcher, asyncio.timeout(10):
        # In PostgreSQL.
        while (await (await watcher.execute(query, ["LISTEN%"])).fetchone() or [0])[0] < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _cut(url: str) -> None:
    """End every bus's connection, as a restarted server would."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE 'SELECT pg_notify%')"
    )
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(query)
