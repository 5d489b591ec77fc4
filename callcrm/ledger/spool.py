"""Where events wait on disk while the store is away: fsynced before they are acknowledged.

Each process appends to a file of its own, and takes over those of processes that died. Records are replayed
at least once, oldest first, and a file is deleted only when all of it was consumed: taken in, or kept among
the dead letters.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from callcrm.base.clock import Clock, nanoseconds
from callcrm.base.threads import Threads, WorkQueue
from callcrm.ledger import spool_file
from callcrm.ledger.dead_letters import DeadLetters
from callcrm.ledger.spool_file import SUFFIX, Record, SpoolDown, SpoolFile, SpoolFull
from callcrm.store.tasks import TaskResult, Waiter, deliver, failed_result

__all__ = ["Record", "Spool", "SpoolDown", "SpoolFull", "count_records"]

log = structlog.get_logger()

# Returns the records it could not take in, though the store is there.
Consume = Callable[[list[Record]], Awaitable[list[Record]]]
LIMIT_BYTES = 256 * 1024 * 1024
BATCH = 200  # records consumed at a time
GROUP = 256  # records written with one fsync


@dataclass(slots=True, eq=False)
class Line(Waiter):
    """A record on its way to the disk."""

    data: bytes


class Spool:
    """The spool in a folder, for this process; `limit` bounds the bytes of its files."""

    def __init__(self, folder: Path, clock: Clock, threads: Threads, *, limit: int = LIMIT_BYTES) -> None:
        self.quarantined = 0
        self.unreadable: set[str] = set()  # names of files that could not be opened
        self.dead_letters = DeadLetters(folder)
        self._folder = folder
        self._clock = clock
        self._threads = threads
        self._limit = limit
        self._active: SpoolFile | None = None
        self._sealed: list[SpoolFile] = []
        self._reserved = 0
        self._number = 0
        self._closed = False
        self._files_lock = threading.Lock()
        self._size_lock = threading.Lock()
        self._replay_lock = asyncio.Lock()
        self._queue: WorkQueue[Line] = WorkQueue()
        self._writer = threads.start("spool-writer", self._queue, self._write_group)
        self._take_over()

    async def append(self, record: Record) -> None:
        """Returns once the record is on the disk; SpoolFull or SpoolDown where it can't be."""
        data = spool_file.encode(record)
        if self._closed:
            raise SpoolDown("The spool is closed.")
        self._reserve(len(data))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._queue.put(Line(future, loop, data))
        await future

    def depth(self) -> int:
        """How many records wait, those of files taken over included."""
        return sum(file.records for file in self._open_files())

    async def replay(self, consume: Consume) -> int:
        """How many records were consumed: all there were, unless `consume` raises, which ends it. Those it
        returns are kept among the dead letters.
        """
        async with self._replay_lock:
            try:
                return await self._replay(consume)
            except OSError as error:
                raise spool_file.spool_error(error) from error

    def close(self) -> None:
        """Writes what is queued and lets go of the files."""
        if self._closed:
            return
        self._closed = True
        self._queue.close()
        self._threads.join([self._writer], None)  # what is being appended must reach the disk
        with self._files_lock:
            for file in self._open_files():
                file.close()
            self._active, self._sealed = None, []

    async def _replay(self, consume: Consume) -> int:
        await self._threads.run(self._take_over)
        consumed = 0
        for file in list(self._sealed):
            consumed += await self._replay_file(file, consume)
        # Only now: otherwise every try during an outage would leave one more small file.
        newest = await self._threads.run(self._seal)
        return consumed + (await self._replay_file(newest, consume) if newest else 0)

    async def _replay_file(self, file: SpoolFile, consume: Consume) -> int:
        consumed = 0
        batches = file.batches(BATCH)
        while (batch := await self._threads.run(next, batches, None)) is not None:
            file.dead += await consume(batch)
            consumed += len(batch)
        damaged = await self._threads.run(self._remove, file)
        self.quarantined += damaged
        if damaged:
            log.error("the spool had damaged lines, put into quarantine", lines=damaged)
        return consumed

    def _open_files(self) -> list[SpoolFile]:
        """Our files, without waiting for the lock: the writer holds it through its fsync."""
        active = self._active
        return [*self._sealed, active] if active else [*self._sealed]

    def _reserve(self, size: int) -> None:
        """Set aside room for a record until it is written; SpoolFull if there is none."""
        with self._size_lock:
            if self._reserved + size + sum(file.size for file in self._open_files()) > self._limit:
                raise SpoolFull("The spool is full.")
            self._reserved += size

    def _remove(self, file: SpoolFile) -> int:
        self.dead_letters.add(file.dead)
        damaged = file.remove()
        with self._files_lock:
            self._sealed.remove(file)
        return damaged

    def _take_over(self) -> None:
        with self._files_lock:
            open_paths = {file.path for file in self._open_files()}
            unreadable = set()
            for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                try:
                    file = None if path in open_paths else spool_file.take_over(path)
                except OSError as error:
                    self._note_unreadable(path, error)
                    unreadable.add(path.name)
                    continue
                if file is not None:
                    self._sealed.append(file)
            self._sealed.sort(key=lambda file: file.path.name)
            self.unreadable = unreadable

    def _note_unreadable(self, path: Path, error: OSError) -> None:
        """It waits until it can be read: it is no reason to answer no call, nor to keep back the others."""
        if path.name not in self.unreadable:
            log.error("a spool file waits, it can't be read", file=path.name, cause=error.strerror)

    def _seal(self) -> SpoolFile | None:
        """The file being written to, closed to further records."""
        with self._files_lock:
            sealed, self._active = self._active, None
            if sealed is not None:
                self._sealed.append(sealed)
            return sealed

    def _write_group(self, first: Line) -> None:
        lines = [first]
        while len(lines) < GROUP and (line := self._queue.get_nowait()) is not None:
            lines.append(line)
        deliver(self._write(lines))

    def _write(self, lines: list[Line]) -> list[TaskResult]:
        with self._size_lock:
            self._reserved -= sum(len(line.data) for line in lines)
        with self._files_lock:
            try:
                self._active = self._active or spool_file.create(self._folder, self._next_number())
                self._active.write([line.data for line in lines])
            except OSError as error:
                self._seal_broken()
                fault = spool_file.spool_error(error)
                log.error("spooling failed", fault=str(fault))
                return [failed_result(line, type(fault)(str(fault))) for line in lines]
        return [TaskResult(line) for line in lines]

    def _next_number(self) -> int:
        """Files are replayed in the order of these: nanoseconds, or one more should time stand still."""
        self._number = max(self._number + 1, nanoseconds(self._clock.now()))
        return self._number

    def _seal_broken(self) -> None:
        """After a failed write no more goes to this file: it may end in a torn line."""
        broken, self._active = self._active, None
        if broken is None:
            return
        if broken.records:
            self._sealed.append(broken)
            return
        broken.path.unlink(missing_ok=True)
        broken.close()


def count_records(folder: Path) -> int:
    """How many records wait in the folder, whichever process's they are; takes no lock."""
    return sum(spool_file.count_lines(path) for path in folder.glob(f"*{SUFFIX}"))
