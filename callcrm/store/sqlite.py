"""SQLite: one writer thread that commits queued verbs in groups, and a few reader threads.

SQLite has one writer at a time and its lock is unfair, so one thread owns it. A group shares one
`BEGIN IMMEDIATE` and one fsync; each verb has a savepoint, so that its failure undoes nothing but itself.
"""

import os
import sqlite3
from collections.abc import Iterator
from urllib.parse import quote

import structlog
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.store import sqlite_dialect
from callcrm.store.errors import StoreDown, StoreLate, is_outage, translate_error
from callcrm.store.tasks import (
    OnCommit,
    Task,
    TaskQueue,
    TaskResult,
    deliver,
    failed_result,
    late_result,
    publish,
)
from callcrm.store.worker_session import WorkerSession

READERS = 4
GROUP_SIZE = 64  # verbs
GROUP_WINDOW = 0.05  # seconds after which no verb joins a group any more
LOCK_TIMEOUT = 0.1  # seconds a statement waits for another process's lock, before the deadline is looked at
CLOSING_TIMEOUT = 10.0  # seconds: a thread that hangs must not keep the process
RESCUE_TIMEOUT_MS = 1000  # for readers to end, before a deleted log is merged into the file
REST = 2.0  # times as long as a guest has held the lock: one that takes it again at once keeps the server out
LONGEST_REST = 1.0  # seconds
PROGRESS_STEPS = 20_000  # instructions of SQLite's virtual machine between two looks at a reader's deadline
log = structlog.get_logger()

PRAGMAS = (
    "journal_mode=WAL",  # readers and the writer do not block each other
    "synchronous=FULL",  # with NORMAL a power cut may take the last commits along
    "foreign_keys=ON",  # off by default, and per connection
    "fullfsync=ON",  # on macOS alone: there a plain fsync leaves data in the drive's cache
    "journal_size_limit=67108864",  # or the WAL keeps the size of its worst hour
)
# A verb of many rows changes more pages than the usual half a thousand: those would be written and read again
# before it commits, and all of them a second time, to a file for undoing the verb.
WRITER_SETUP = ("PRAGMA cache_size=-8000", "PRAGMA temp_store=MEMORY")


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it has open: one deleted or replaced goes on to be written to, and
    all of it is lost when its last connection closes.
    """

    path = ""
    _file: object = None
    _log: object = None

    def opened(self, path: str, before: object) -> None:
        """Notes the file at the path, which is the one that was there before it was opened."""
        self.path, self._file = path, before
        self.check_file()

    def check_file(self) -> None:
        """StoreDown where another file, or none, is at the path by now."""
        if self._file is None or _identity(self.path) != self._file:
            raise StoreDown("The store's file was deleted or replaced.")

    def has_log(self) -> bool:
        """Whether the write-ahead log we have open is at its path, asked after a commit: which is in the log
        alone until that is merged into the file.
        """
        self.check_file()
        log = _identity(f"{self.path}-wal")
        self._log = self._log or log
        return log == self._log

    def merge_log(self) -> None:
        """Merges the log we have open into the file, though it has lost its name, and empties it; StoreDown
        where that can't be. A connection that opens the log of that name then begins it anew.
        """
        busy, *_ = self.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreDown("The store's write-ahead log was deleted or replaced.")


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from any other that ever had its name; None where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  # a Path costs more than the call, at every commit
    except OSError:
        return None
    return status.st_dev, status.st_ino


def connect(path: str, lock_timeout: float, clock: Clock) -> FileConnection:
    """A connection in autocommit mode to an existing file; sqlite3.OperationalError for a missing one, which
    is an outage to report and no reason to start empty.
    """
    before = _identity(path)
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=rw",
        uri=True,
        isolation_level=None,
        cached_statements=512,
        timeout=lock_timeout,
        factory=FileConnection,
    )
    until = clock.monotonic() + lock_timeout
    for pragma in PRAGMAS:
        _set_pragma(connection, pragma, until, clock)
    connection.opened(path, before)
    return connection


def _set_pragma(connection: sqlite3.Connection, pragma: str, until: float, clock: Clock) -> None:
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            # The busy timeout does not cover the change to WAL, which needs the file for itself.
            if not is_busy(error) or clock.monotonic() >= until:
                raise
        clock.block(0.01)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether the error says that another connection holds the lock."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def open_engine(url: str, clock: Clock, *, lock_timeout: float) -> Engine:
    """An engine on the file that leaves transactions to its user, and waits up to `lock_timeout` seconds for
    another connection's lock.
    """
    path = make_url(url).database or ""
    dialect = f"sqlite+{sqlite_dialect.NAME}://"
    return create_engine(dialect, creator=lambda: connect(path, lock_timeout, clock), poolclass=NullPool)


class LogEpoch:
    """Counts the logs of a store: one that is deleted under it ends an epoch, and no connection of before may
    be used after it, since it would read what is written next from the log that is gone.
    """

    number = 0


class SqliteStore:
    """The threads and queues of a store on SQLite."""

    dialect = "sqlite"

    def __init__(
        self,
        url: str,
        clock: Clock,
        threads: Threads,
        on_commit: OnCommit | None,
        *,
        guest: bool = False,
    ) -> None:
        self.engine = open_engine(url, clock, lock_timeout=LOCK_TIMEOUT)
        self.writes = self.grouped = TaskQueue(consumers=1)
        self.reads = TaskQueue(consumers=READERS)
        self._threads = threads
        epoch = LogEpoch()
        writer = Writer(self.engine, self.writes, clock, on_commit, epoch, rest=REST if guest else 0.0)
        self._workers = [threads.start("store-writer", self.writes, writer.serve, writer.end)]
        for reader in [Reader(self.engine, clock, epoch) for _ in range(READERS)]:
            self._workers.append(threads.start("store-reader", self.reads, reader.serve, reader.end))

    def close(self) -> None:
        """Serves what is queued, then ends the threads."""
        self.writes.close()
        self.reads.close()
        self._threads.join(self._workers, CLOSING_TIMEOUT)
        self.engine.dispose()


class Writer:
    """The one that writes. After each group it leaves the lock to other processes for `rest` times as long as
    it has held it.
    """

    def __init__(
        self,
        engine: Engine,
        queue: TaskQueue,
        clock: Clock,
        on_commit: OnCommit | None,
        epoch: LogEpoch,
        *,
        rest: float = 0.0,
    ) -> None:
        self._session = WorkerSession(engine, clock, WRITER_SETUP)
        self._epoch = epoch
        self._log_is_gone = False
        self._queue = queue
        self._clock = clock
        self._on_commit = on_commit
        self._rest = rest
        self._locked_at = 0.0

    def serve(self, first: Task) -> None:
        """Serves a group: this verb and those that are queued meanwhile."""
        self._locked_at = self._clock.monotonic()
        deliver(self._group(first))
        if self._rest:
            held = self._clock.monotonic() - self._locked_at
            self._clock.block(min(held * self._rest, LONGEST_REST))

    def end(self) -> None:
        """Closes the connection."""
        self._session.discard_connection()

    def _group(self, first: Task) -> list[TaskResult]:
        group: list[Task] = [first]
        if self._log_is_gone:
            self._log_is_gone = False
            self._session.discard_connection()
        try:
            self._begin(first)
            results = [self._attempt(task) for task in self._collect(group)]
            self._session.execute("COMMIT")
            if not self._session.driver_connection.has_log():  # before anybody is told that it is kept
                self._rescue_log()
        except BaseException as error:
            self._session.discard_connection()  # which rolls back, whatever state it is in
            return [failed_result(task, _group_failure(error)) for task in group]
        publish(self._on_commit, results)
        return results

    def _rescue_log(self) -> None:
        """Keeps what is committed, though somebody deleted the log it is in."""
        connection = self._session.driver_connection
        connection.execute(f"PRAGMA busy_timeout={RESCUE_TIMEOUT_MS}")  # readers end in the meantime
        connection.merge_log()
        self._epoch.number += 1
        self._log_is_gone = True
        log.error("the write-ahead log was deleted or replaced under us: merged into the store")

    def _begin(self, first: Task) -> None:
        """Takes the write lock at once: a transaction that only reads first could get SQLITE_BUSY at its
        first write, which no busy timeout waits for.
        """
        while not first.abandoned(self._clock.monotonic()):
            try:
                self._session.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
            else:
                self._locked_at = self._clock.monotonic()
                return
        raise StoreLate("The store is locked by another process.")

    def _collect(self, group: list[Task]) -> Iterator[Task]:
        """The first task and what is queued meanwhile, until the group is big or old enough."""
        closes_at = self._clock.monotonic() + GROUP_WINDOW
        yield group[0]
        while len(group) < GROUP_SIZE and self._clock.monotonic() < closes_at:
            task = self._queue.get_nowait()
            if task is None:
                return
            group.append(task)
            yield task

    def _attempt(self, task: Task) -> TaskResult:
        if task.abandoned(self._clock.monotonic()):
            return late_result(task)
        self._session.execute("SAVEPOINT verb")
        try:
            result = self._session.run(task)
            self._session.deferred_writes.write()
        except BaseException as error:
            return self._roll_back(task, error)
        if not task.seal(result.value):
            self._undo()
            return late_result(task)
        self._session.execute("RELEASE verb")
        return result

    def _roll_back(self, task: Task, error: BaseException) -> TaskResult:
        """The result of a verb rolled back by itself. Raises where the store failed: that fails the group."""
        fault = translate_error(error)
        if is_outage(fault):
            raise fault
        if not self._session.driver_connection.in_transaction:
            # Some errors, a full disk among them, make SQLite roll back the whole transaction.
            raise StoreDown("The store gave up a transaction.")
        self._session.discard_session()
        self._undo()
        return failed_result(task, fault)

    def _undo(self) -> None:
        self._session.execute("ROLLBACK TO verb")
        self._session.execute("RELEASE verb")  # ROLLBACK TO leaves the savepoint itself open


def _group_failure(error: BaseException) -> StoreDown:
    """The error of each verb in a group that failed."""
    fault = translate_error(error)
    if isinstance(fault, StoreDown):
        return type(fault)(str(fault))  # one object each: raising it in a waiter writes to its traceback
    return StoreDown(f"The store failed: {type(error).__name__}.")


class Reader:
    """One of those that read: each verb sees one snapshot, and is interrupted at its deadline."""

    def __init__(self, engine: Engine, clock: Clock, epoch: LogEpoch) -> None:
        self._epoch, self._number = epoch, epoch.number
        setup = ("PRAGMA query_only=ON", "PRAGMA busy_timeout=1000")
        self._session = WorkerSession(engine, clock, setup)
        self._clock = clock

    def serve(self, task: Task) -> None:
        """Serves one verb."""
        deliver([late_result(task) if task.abandoned(self._clock.monotonic()) else self._attempt(task)])

    def end(self) -> None:
        """Closes the connection."""
        self._session.discard_connection()

    def _attempt(self, task: Task) -> TaskResult:
        try:
            if self._number != self._epoch.number:
                self._number = self._epoch.number
                self._session.discard_connection()
            if self._session.driver_connection is None:
                self._session.connect()
            self._session.driver_connection.check_file()
            # A handler that returns true interrupts the statement: SQLITE_INTERRUPT, translated to StoreLate.
            self._session.driver_connection.set_progress_handler(
                lambda: self._clock.monotonic() > task.deadline, PROGRESS_STEPS
            )
            self._session.execute("BEGIN")
            result = self._session.run(task)
        except BaseException as error:
            result = failed_result(task, translate_error(error))
        self._end(result.error)
        return result

    def _end(self, error: BaseException | None) -> None:
        connection = self._session.driver_connection
        if connection is None or isinstance(error, StoreDown) or not connection.in_transaction:
            self._session.discard_connection()
            return
        if error is not None:
            self._session.discard_session()
        connection.set_progress_handler(None, 0)
        self._session.execute("ROLLBACK")
