"""Nothing acknowledged is lost, nothing damaged stops the rest, and the disk's end is a clear answer."""

import asyncio
import fcntl
import os
import resource
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callcrm.ledger.dead_letters import DeadLetters
from callcrm.ledger.spool import Record, Spool, SpoolDown, SpoolFull, count_records
from callcrm.ledger.spool_file import QUARANTINE
from tests.clocks import CLOCK, THREADS

ROOT = Path(__file__).parents[2]
APPENDS_FOR_EVER = """
import asyncio, sys
from pathlib import Path
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.ledger.spool import Spool

async def main() -> None:
    spool = Spool(Path(sys.argv[1]), clock, threads)

    async def append(writer: int) -> None:
        for number in range(1_000_000):
            await spool.append({"id": f"{writer}-{number}"})
            print(f"{writer}-{number}", flush=True)

    await asyncio.gather(*(append(writer) for writer in range(8)))

asyncio.run(main())
"""


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[Spool]:
    spool = Spool(folder, CLOCK, THREADS, **options)
    try:
        yield spool
    finally:
        spool.close()


def append(spool: Spool, *records: Record) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(spool.append(record) for record in records))

    asyncio.run(all_at_once())


def replayed(spool: Spool) -> list[Record]:
    seen: list[Record] = []

    async def take(batch: list[Record]) -> list[Record]:
        seen.extend(batch)
        return []

    asyncio.run(spool.replay(take))
    return seen


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_records_come_back_in_the_order_they_were_appended(tmp_path: Path) -> None:
    with opened(tmp_path / "spool") as spool:
        append(spool, *({"n": n, "text": "سلام\n\0\ud800"} for n in range(500)))
        assert [record["n"] for record in replayed(spool)] == list(range(500))


def test_a_taken_record_is_never_given_again(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        replayed(spool)
        assert (replayed(spool), spool.depth(), files(tmp_path)) == ([], 0, [])


def test_what_the_taker_refuses_is_kept_and_given_again(tmp_path: Path) -> None:
    async def refuse(batch: list[Record]) -> list[Record]:
        raise SpoolDown("not now")

    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        with pytest.raises(SpoolDown):
            asyncio.run(spool.replay(refuse))
        append(spool, {"n": 2})
        assert spool.depth() == 2
        assert replayed(spool) == [{"n": 1}, {"n": 2}]


def test_what_breaks_its_verb_is_kept_among_the_dead_letters(tmp_path: Path) -> None:
    async def odd_ones_fail(batch: list[Record]) -> list[Record]:
        return [record for record in batch if record["n"] % 2]

    with opened(tmp_path) as spool:
        append(spool, *({"n": n} for n in range(500)))
        assert asyncio.run(spool.replay(odd_ones_fail)) == 500
        assert (spool.depth(), spool.dead_letters.count()) == (0, 250)
    assert [record["n"] for record in DeadLetters(tmp_path).records()] == list(range(1, 500, 2))


def test_a_store_that_goes_away_amid_a_file_doubles_no_dead_letter(tmp_path: Path) -> None:
    outage = iter([True, False])

    async def take(batch: list[Record]) -> list[Record]:
        if {"n": 300} in batch and next(outage):
            raise SpoolDown("not now")
        return [record for record in batch if record["n"] == 0]

    with opened(tmp_path) as spool:
        append(spool, *({"n": n} for n in range(500)))
        with pytest.raises(SpoolDown):
            asyncio.run(spool.replay(take))
        asyncio.run(spool.replay(take))
        assert spool.dead_letters.records() == [{"n": 0}]


def test_dead_letters_that_find_no_room_keep_their_file(tmp_path: Path) -> None:
    async def fail(batch: list[Record]) -> list[Record]:
        return batch

    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        (tmp_path / "dead.lines").mkdir()  # nothing can be written there
        with pytest.raises(SpoolDown):
            asyncio.run(spool.replay(fail))
        (tmp_path / "dead.lines").rmdir()
        assert replayed(spool) == [{"n": 1}]


def test_dead_letters_are_tried_again_and_those_that_fail_stay(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path)
    letters.add([{"n": n} for n in range(5)])
    assert letters.retry(lambda record: record["n"] in (1, 3)) == 2
    assert [record["n"] for record in letters.records()] == [0, 2, 4]

    def away(record: Record) -> bool:
        if record["n"] == 2:
            raise SpoolDown("the store is away")
        return True

    with pytest.raises(SpoolDown):
        letters.retry(away)
    assert [record["n"] for record in letters.records()] == [2, 4]


def test_a_line_that_is_no_record_stops_no_other(tmp_path: Path) -> None:
    body = b"not JSON at all"
    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        with files(tmp_path)[0].open("ab") as file:
            file.write(b"%08x %s\n" % (zlib.crc32(body), body))
        assert replayed(spool) == [{"n": 1}]
        assert spool.dead_letters.count_damaged() == 1


def test_a_long_outage_leaves_no_crowd_of_files(tmp_path: Path) -> None:
    async def refuse(batch: list[Record]) -> list[Record]:
        raise SpoolDown("not now")

    with opened(tmp_path) as spool:
        for n in range(20):
            append(spool, {"n": n})
            with pytest.raises(SpoolDown):
                asyncio.run(spool.replay(refuse))
        assert len(files(tmp_path)) == 2


def test_records_appended_during_a_replay_are_kept(tmp_path: Path) -> None:
    async def take(batch: list[Record]) -> list[Record]:
        if batch == [{"n": 1}]:
            await spool.append({"n": 2})
        return []

    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        assert asyncio.run(spool.replay(take)) == 1
        assert replayed(spool) == [{"n": 2}]


def test_a_file_left_by_the_dead_is_adopted(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        append(first, {"n": 1})
    with opened(tmp_path) as second:
        assert second.depth() == 1
        assert replayed(second) == [{"n": 1}]


def test_a_file_that_cannot_be_opened_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    with opened(tmp_path) as first:
        append(first, {"n": 1})
    (tmp_path / f"{1:020d}-aaaaaaaa.spool").mkdir()  # what even root can't open as a file
    with opened(tmp_path) as second:
        assert second.depth() == 1
        assert count_records(tmp_path) == 1
        assert replayed(second) == [{"n": 1}]


def test_a_file_of_the_living_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as living, opened(tmp_path) as other:
        append(living, {"n": 1})
        assert replayed(other) == []
        assert replayed(living) == [{"n": 1}]


def test_what_waits_can_be_counted_by_those_who_may_not_touch_it(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1}, {"n": 2})
        assert count_records(tmp_path) == 2
        assert spool.depth() == 2


def test_a_torn_last_line_is_ignored(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1}, {"n": 2})
    (file,) = files(tmp_path)
    os.truncate(file, file.stat().st_size - 3)
    with opened(tmp_path) as spool:
        assert replayed(spool) == [{"n": 1}]
        assert spool.quarantined == 0


def test_a_damaged_line_goes_to_quarantine_and_the_rest_is_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1}, {"n": 2}, {"n": 3})
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"n":2', b'"n":7'))
    with opened(tmp_path) as spool:
        assert replayed(spool) == [{"n": 1}, {"n": 3}]
        assert spool.quarantined == 1
    assert b'"n":7' in (tmp_path / QUARANTINE).read_bytes()


def test_many_appends_share_an_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    really = os.fdatasync

    def counted(descriptor: int) -> None:
        synced.append(descriptor)
        really(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    with opened(tmp_path) as spool:
        append(spool, *({"n": n} for n in range(200)))
        assert spool.depth() == 200
    assert 1 <= len(synced) <= 20


def test_a_full_spool_says_so_at_once_and_has_room_again_when_emptied(tmp_path: Path) -> None:
    with opened(tmp_path, limit=100) as spool:
        append(spool, {"text": "x" * 60})
        with pytest.raises(SpoolFull):
            append(spool, {"text": "y" * 60})
        replayed(spool)
        append(spool, {"text": "z" * 60})
        assert spool.depth() == 1


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            with pytest.raises(SpoolFull):
                append(spool, {"text": "x" * 200})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        append(spool, {"n": 2})
        assert replayed(spool) == [{"n": 1}, {"n": 2}]


def test_a_folder_that_can_not_be_is_a_clear_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with opened(tmp_path / "file" / "spool") as spool, pytest.raises(SpoolDown):
        append(spool, {"n": 1})


def test_a_waiter_that_goes_away_harms_nobody(tmp_path: Path) -> None:
    async def go_away() -> None:
        waiting = asyncio.create_task(spool.append({"n": 1}))
        await asyncio.sleep(0)
        waiting.cancel()
        await spool.append({"n": 2})

    with opened(tmp_path) as spool:
        asyncio.run(go_away())
        assert {"n": 2} in replayed(spool)


def test_a_closed_spool_takes_no_more(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.close()
        with pytest.raises(SpoolDown):
            append(spool, {"n": 1})


def test_a_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        assert files(tmp_path)[0].stat().st_mode & 0o077 == 0


def test_a_file_is_locked_while_its_owner_lives(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        append(spool, {"n": 1})
        with files(tmp_path)[0].open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("kill_after", [20, 200, 600])
def test_kill_9_amid_writing_loses_nothing_acknowledged(tmp_path: Path, kill_after: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", APPENDS_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert writer.stdout is not None
    acknowledged = [next(writer.stdout).strip() for _ in range(kill_after)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    writer.wait()
    writer.stdout.close()
    with opened(tmp_path) as spool:
        kept = [record["id"] for record in replayed(spool)]
        assert set(acknowledged) <= set(kept)
        assert len(kept) == len(set(kept))
        assert spool.quarantined == 0
