"""SQLite: one writer thread that commits what has gathered as a group, and a few readers.

SQLite has one writer at a time and its lock is unfair, so one thread owns it. A group shares one
`BEGIN IMMEDIATE` and one fsync; each verb has its savepoint, so that its failure is its own.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from callcrm.store import sqlite_dialect
from callcrm.store.errors import StoreDown, StoreLate, understood
from callcrm.store.tasks import Inbox, OnCommit, Outcome, Task, failed, join, late, publish, settle
from callcrm.store.worker_session import WorkerSession

READERS = 4
GROUP_SIZE = 64
GROUP_SECONDS = 0.05
LOCK_PATIENCE = 0.1
READ_CHECK_STEPS = 20_000
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "fullfsync=ON",
    "journal_size_limit=67108864",
)


def connect(path: str, patience: float) -> sqlite3.Connection:
    """A connection to an existing file; a missing one is an outage to report, not a reason to start empty."""
    connection = sqlite3.connect(
        f"file:{quote(path)}?mode=rw", uri=True, isolation_level=None, cached_statements=512, timeout=patience
    )
    until = time.monotonic() + patience
    for pragma in PRAGMAS:
        _set(connection, pragma, until)
    return connection


def _set(connection: sqlite3.Connection, pragma: str, until: float) -> None:
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            # SQLite's own patience does not cover the change to WAL, which only one can make.
            if not is_busy(error) or time.monotonic() >= until:
                raise
        time.sleep(0.01)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the lock."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def engine_for(url: str, *, patience: float) -> Engine:
    """An engine on the file, driven by hand, that waits up to `patience` seconds for another's lock."""
    path = make_url(url).database or ""
    dialect = f"sqlite+{sqlite_dialect.NAME}://"
    return create_engine(dialect, creator=lambda: connect(path, patience), poolclass=NullPool)


class SqliteStore:
    """The threads and queues of a store on SQLite."""

    dialect = "sqlite"

    def __init__(self, url: str, on_commit: OnCommit | None) -> None:
        self.engine = engine_for(url, patience=LOCK_PATIENCE)
        self.writes = Inbox(readers=1)
        self.reads = Inbox(readers=READERS)
        writer = Writer(self.engine, self.writes, on_commit)
        self._threads: list[threading.Thread] = [writer]
        self._threads += [Reader(self.engine, self.reads) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Serves what is queued, then ends the threads."""
        self.writes.close()
        self.reads.close()
        join(self._threads)
        self.engine.dispose()


class Writer(threading.Thread):
    """The one who writes."""

    def __init__(self, engine: Engine, inbox: Inbox, on_commit: OnCommit | None) -> None:
        super().__init__(name="store-writer", daemon=True)
        self._lane = WorkerSession(engine)
        self._inbox = inbox
        self._on_commit = on_commit

    def run(self) -> None:
        """Serves group after group until the inbox is closed and empty."""
        while (first := self._inbox.take()) is not None:
            settle(self._group(first))
        self._lane.drop()

    def _group(self, first: Task) -> list[Outcome]:
        taken: list[Task] = [first]
        try:
            self._begin(first)
            outcomes = [self._attempt(task) for task in self._gathered(taken)]
            self._lane.run("COMMIT")
        except BaseException as error:
            self._lane.drop()
            return [failed(task, _shared(error)) for task in taken]
        publish(self._on_commit, outcomes)
        return outcomes

    def _begin(self, first: Task) -> None:
        while not first.abandoned():
            try:
                return self._lane.run("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
        raise StoreLate("The store is locked by another process.")

    def _gathered(self, taken: list[Task]) -> Iterator[Task]:
        """The first task and what has come since, until the group is big or old enough."""
        enough = time.monotonic() + GROUP_SECONDS
        yield taken[0]
        while len(taken) < GROUP_SIZE and time.monotonic() < enough:
            task = self._inbox.more()
            if task is None:
                return
            taken.append(task)
            yield task

    def _attempt(self, task: Task) -> Outcome:
        if task.abandoned():
            return late(task)
        self._lane.run("SAVEPOINT verb")
        try:
            outcome = self._lane.perform(task)
            self._lane.rows.write()
        except BaseException as error:
            return self._undo(task, error)
        self._lane.run("RELEASE verb")
        return outcome

    def _undo(self, task: Task, error: BaseException) -> Outcome:
        """Rolls back this verb alone; where the store itself failed, the whole group is lost."""
        fault = understood(error)
        if isinstance(fault, StoreDown):
            raise fault
        if not self._lane.driver.in_transaction:
            raise StoreDown("The store gave up a transaction.")
        self._lane.forget()
        self._lane.run("ROLLBACK TO verb")
        self._lane.run("RELEASE verb")
        return failed(task, fault)


def _shared(error: BaseException) -> StoreDown:
    """What each verb of a lost group is told."""
    fault = understood(error)
    if isinstance(fault, StoreDown):
        return type(fault)(str(fault))
    return StoreDown(f"The store failed: {type(error).__name__}.")


class Reader(threading.Thread):
    """One of those who read: each verb sees one snapshot, and is stopped at its deadline."""

    def __init__(self, engine: Engine, inbox: Inbox) -> None:
        super().__init__(name="store-reader", daemon=True)
        self._lane = WorkerSession(engine, prologue=("PRAGMA query_only=ON", "PRAGMA busy_timeout=1000"))
        self._inbox = inbox

    def run(self) -> None:
        """Serves verb after verb until the inbox is closed and empty."""
        while (task := self._inbox.take()) is not None:
            settle([late(task) if task.abandoned() else self._attempt(task)])
        self._lane.drop()

    def _attempt(self, task: Task) -> Outcome:
        try:
            if self._lane.driver is None:
                self._lane.open()
            self._lane.driver.set_progress_handler(lambda: time.monotonic() > task.due, READ_CHECK_STEPS)
            self._lane.run("BEGIN")
            outcome = self._lane.perform(task)
        except BaseException as error:
            outcome = failed(task, understood(error))
        self._end(outcome.error)
        return outcome

    def _end(self, error: BaseException | None) -> None:
        driver = self._lane.driver
        if driver is None or isinstance(error, StoreDown) or not driver.in_transaction:
            return self._lane.drop()
        if error is not None:
            self._lane.forget()
        driver.set_progress_handler(None, 0)
        self._lane.run("ROLLBACK")
        return None
