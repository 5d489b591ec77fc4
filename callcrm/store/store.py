"""The one way into the store: pass a verb in, get its result back, durable and before a deadline.

A verb is a plain function that takes a session; it never commits. It may be run again (on PostgreSQL, when
it lost a race), so it must change nothing but the session. A verb that is not ready at its deadline leaves
nothing: what its waiter is answered is what is kept. Events it queues with `after_commit` are
published once its work is durable, from the thread that committed it. On SQLite verbs are run one after the
other; on PostgreSQL concurrently, except those that name the same `lock`, or that are committed in groups.
"""

import asyncio
import concurrent.futures
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

from callcrm import metrics
from callcrm.base.clock import Clock
from callcrm.base.errors import fault_fields
from callcrm.base.threads import Threads
from callcrm.store import migrate
from callcrm.store.errors import StoreDown, StoreLate, StoreUndecided
from callcrm.store.migrations.schema import CORRUPT, check_integrity
from callcrm.store.postgres.store import PostgresStore
from callcrm.store.search.catch_up import IndexBehind, catch_up, is_current, reading
from callcrm.store.sqlite import PROGRESS_STEPS, SqliteStore
from callcrm.store.tasks import OnCommit, TakesTasks, Task
from callcrm.store.worker_session import AFTER_COMMIT, CLOCK

__all__ = ["Store", "StoreDown", "StoreLate", "StoreUndecided", "after_commit", "now"]

log = structlog.get_logger()
T = TypeVar("T")
Verb = Callable[[Session], T]
LARGE_FILE = 200 << 20  # bytes; half a second's reading
FILE_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
INDEX_PATIENCE = 0.5  # seconds a search waits for the index: after all calls of a customer it takes several
BLOCKING_DEADLINE = 30.0  # seconds, for threads that have nobody waiting behind them
COMMIT_TIMEOUT = 60.0  # seconds after the deadline in which a commit that was begun before it must end


def after_commit(session: Session, event: object) -> None:
    """Queues `event` for the store's `on_commit`, which gets it only if the verb's work is committed."""
    session.info.setdefault(AFTER_COMMIT, []).append(event)


def now(session: Session) -> datetime:
    """The present moment by the store's clock, for rows whose verb is not passed a `now`."""
    clock: Clock = session.info[CLOCK]
    return clock.now()


class Store:
    """A store by its URL. Creating it opens nothing yet: connections come with the first verbs.

    Deadlines are in seconds from the call. `on_commit` gets the events of `after_commit` and is called in
    a thread of the store. `guest`: of a command that may run beside the server, whose writes come first.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        threads: Threads,
        *,
        on_commit: OnCommit | None = None,
        guest: bool = False,
    ) -> None:
        self._backend: SqliteStore | PostgresStore = (
            SqliteStore(url, clock, threads, on_commit, guest=guest)
            if url.startswith("sqlite")
            else PostgresStore(url, clock, threads, on_commit)
        )
        self._clock = clock
        self._threads = threads
        self.url = url
        self.dialect = self._backend.dialect
        self._closed = False
        self._checking: sqlite3.Connection | None = None
        self.corrupt = False  # whether a verb, or the last check, found the file damaged

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine beneath, for event listeners on its statements."""
        return self._backend.engine

    async def write(
        self, verb: Verb[T], *, deadline: float = 1.5, lock: str | None = None, settle: bool = True
    ) -> T:
        """The verb's result, once durable. StoreLate if it was not ready at the deadline, StoreDown if the
        store is away: then nothing is kept. What is being committed at the deadline is waited for, for a
        minute more, unless `settle` is False; then StoreUndecided brings the result.

        Verbs that need not settle are short and many: on PostgreSQL too they are committed in groups.
        """
        queue = self._backend.writes if settle else self._backend.grouped
        return await self._submit(queue, verb, deadline, lock, settle)

    async def read(self, verb: Verb[T], *, deadline: float = 5.0) -> T:
        """The verb's result, of one snapshot. StoreLate past the deadline, StoreDown if the store is away.

        A verb that searches may be run twice: what is due in the full-text index is taken in between, as far
        as that goes in half a second.
        """
        until = self._clock.monotonic() + deadline
        try:
            return await self._submit(self._backend.reads, reading(verb), deadline)
        except IndexBehind:
            await self._index_if_it_can(deadline)
        left = until - self._clock.monotonic()
        return await self._submit(self._backend.reads, reading(verb, current=True), left)

    async def _index_if_it_can(self, deadline: float) -> None:
        """A store that can be read but not written to is still searched, by what the index has."""
        try:
            await self._take_in(deadline, patience=INDEX_PATIENCE)
        except StoreLate:
            raise
        except StoreDown as fault:
            log.warning("the full-text index could not be brought up to date", **fault_fields(fault))

    async def index_due(self, *, deadline: float = 5.0) -> None:
        """Takes into the full-text index what was committed before; StoreLate, StoreDown as with `write`."""
        if not await self.read(is_current, deadline=deadline):  # or an idle disk would be written to
            await self._take_in(deadline)

    async def _take_in(self, deadline: float, patience: float = inf) -> None:
        began = self._clock.monotonic()
        while await self.write(catch_up, deadline=began + deadline - self._clock.monotonic()):
            if self._clock.monotonic() >= began + patience:
                return

    def write_now(self, verb: Verb[T], *, deadline: float = BLOCKING_DEADLINE, lock: str | None = None) -> T:
        """Like `write`, but blocks the calling thread; never for the event loop's own."""
        return self._submit_blocking(self._backend.writes, verb, deadline, lock)

    def read_now(self, verb: Verb[T], *, deadline: float = BLOCKING_DEADLINE) -> T:
        """Like `read`, but blocks the calling thread; never for the event loop's own."""
        try:
            return self._submit_blocking(self._backend.reads, reading(verb), deadline)
        except IndexBehind:
            while self.write_now(catch_up, deadline=deadline):
                pass
        return self._submit_blocking(self._backend.reads, reading(verb, current=True), deadline)

    def parts_to_check(self) -> list[str | None]:
        """What `check_integrity` takes in turn to have looked at the whole file: None for a small one, the
        tables of a large one. SQLite's alone.
        """
        with migrate.connect(self.url, self._clock) as connection:
            size = connection.exec_driver_sql(FILE_SIZE).scalar_one()
            return [None] if size < LARGE_FILE else list(connection.exec_driver_sql(TABLES).scalars())

    def check_integrity(self, table: str | None = None) -> bool:
        """Whether the table, or all of the file, is whole; `corrupt` is set where it is not. It reads all of
        it, so it may take minutes, but not beyond `close`. SQLite's alone.
        """
        try:
            with migrate.connect(self.url, self._clock) as connection:
                driver: Any = connection.connection.driver_connection
                driver.set_progress_handler(lambda: self._closed, PROGRESS_STEPS)
                self._checking = driver
                check_integrity(connection, thorough=False, table=table)
        except StoreLate:
            return False
        except StoreDown as fault:
            self._count(fault)
            return False
        finally:
            self._checking = None
        return True

    def close(self) -> None:
        """Serves what is queued, then ends the threads and closes their connections."""
        self._closed = True
        # Within one table SQLite looks at no progress handler.
        if checking := self._checking:
            with suppress(sqlite3.ProgrammingError):  # it was closed meanwhile
                checking.interrupt()
        self._backend.close()

    async def _submit(
        self, queue: TakesTasks, verb: Verb[T], deadline: float, lock: str | None = None, settle: bool = True
    ) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        task = Task(future, loop, verb, self._clock.monotonic() + deadline, lock, settle)
        self._put(queue, task)
        # It is the future that fails at the deadline: a later result finds it done and is dropped.
        timer = self._clock.call_later(deadline, self._expire, task)
        try:
            return await future
        except StoreDown as fault:
            self._count(fault)
            raise
        finally:
            timer.cancel()

    def _submit_blocking(
        self, queue: TakesTasks, verb: Verb[T], deadline: float, lock: str | None = None
    ) -> T:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        task = Task(future, None, verb, self._clock.monotonic() + deadline, lock)
        self._put(queue, task)
        try:
            if not self._threads.wait(future, deadline):
                if fault := task.expire():
                    raise fault
                if not self._threads.wait(future, COMMIT_TIMEOUT):
                    raise task.leave()
            return future.result()
        except StoreDown as fault:
            self._count(fault)
            raise

    def _expire(self, task: Task) -> None:
        """At the deadline of a coroutine's verb."""
        if task.future.done():
            return
        if fault := task.expire():
            task.future.set_exception(fault)
        else:
            self._clock.call_later(COMMIT_TIMEOUT, _leave, task)

    def _put(self, queue: TakesTasks, task: Task) -> None:
        try:
            queue.put(task)
        except StoreDown as fault:
            self._count(fault)
            raise

    def _count(self, fault: StoreDown) -> None:
        metrics.store_fault("late" if isinstance(fault, StoreLate) else "down")
        self.corrupt = self.corrupt or str(fault) == CORRUPT


def _leave(task: Task) -> None:
    if not task.future.done():
        task.future.set_exception(task.leave())
