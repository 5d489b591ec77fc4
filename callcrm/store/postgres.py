"""PostgreSQL: a few threads, each with a connection of its own, since round trips are what costs.

A verb is a transaction. Its begin, its time limit and its lock go in one round trip.
"""

import hashlib
import random
import threading
import time

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from callcrm.store.errors import StoreDown, is_race, understood
from callcrm.store.tasks import Inbox, OnCommit, Outcome, Task, failed, join, late, publish, settle
from callcrm.store.worker_session import WorkerSession

WRITERS = 4  # more would only wait for one another: for the interpreter, and for the disk
READERS = 4
OUTAGE_SECONDS = 0.5
RACE_TRIES = 3
READ_ONLY = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
# What is acknowledged survives a power cut, whatever the database was set to.
DURABLY = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""
# A host that is gone must be noticed, not waited for until TCP gives up after a quarter of an hour.
CONNECT = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def engine_for(url: str) -> Engine:
    """An engine on the server, whose transactions are driven by hand."""
    return create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=CONNECT, use_native_hstore=False
    )


def lock_number(name: str) -> int:
    """The number of an advisory lock by its name."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Outage:
    """Shared by the threads: while nobody can connect, nobody waits to find that out again."""

    def __init__(self) -> None:
        self._until = 0.0

    def check(self) -> None:
        """StoreDown while the last try is only just over."""
        if time.monotonic() < self._until:
            raise StoreDown("The store can't be reached.")

    def began(self) -> None:
        """A try to connect has failed."""
        self._until = time.monotonic() + OUTAGE_SECONDS


class PostgresStore:
    """The threads and queues of a store on PostgreSQL."""

    dialect = "postgresql"

    def __init__(self, url: str, on_commit: OnCommit | None) -> None:
        self.engine = engine_for(url)
        self.writes = Inbox(readers=WRITERS)
        self.reads = Inbox(readers=READERS)
        outage = Outage()
        self._threads = [
            Worker(WorkerSession(self.engine, [DURABLY]), self.writes, "", outage, on_commit)
            for _ in range(WRITERS)
        ]
        self._threads += [
            Worker(WorkerSession(self.engine), self.reads, READ_ONLY, outage, None) for _ in range(READERS)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Serves what is queued, then ends the threads."""
        self.writes.close()
        self.reads.close()
        join(self._threads)
        self.engine.dispose()


class Worker(threading.Thread):
    """One of those who serve verbs, each in a transaction of its own."""

    def __init__(
        self, lane: WorkerSession, inbox: Inbox, mode: str, outage: Outage, on_commit: OnCommit | None
    ) -> None:
        super().__init__(name="store-worker", daemon=True)
        self._lane = lane
        self._inbox = inbox
        self._mode = mode
        self._outage = outage
        self._on_commit = on_commit

    def run(self) -> None:
        """Serves verb after verb until the inbox is closed and empty."""
        while (task := self._inbox.take()) is not None:
            outcome = late(task) if task.abandoned() else self._serve(task)
            publish(self._on_commit, [outcome])
            settle([outcome])
        self._lane.drop()

    def _serve(self, task: Task, tries: int = RACE_TRIES) -> Outcome:
        try:
            return self._attempt(task)
        except BaseException as error:
            self._undo()
            if tries == 1 or not is_race(error) or task.abandoned():
                return failed(task, understood(error))
        # Whoever won may need a moment to be through, or the two would only meet again.
        time.sleep(random.uniform(0.001, 0.01))
        return self._serve(task, tries - 1)

    def _attempt(self, task: Task) -> Outcome:
        self._begin(task)
        outcome = self._lane.perform(task)
        if self._lane.driver.info.transaction_status == TransactionStatus.INERROR:
            # PostgreSQL would answer this COMMIT with a silent rollback.
            raise RuntimeError("A verb swallowed a failed statement.")
        self._commit()
        return outcome

    def _commit(self) -> None:
        """Commits, with what still waits in the same round trip: where that fails nothing is committed."""
        if not self._lane.rows:
            self._lane.run("COMMIT")
            return
        with self._lane.driver.pipeline():
            tell = self._lane.rows.send()
            self._lane.run("COMMIT")
        tell()

    def _begin(self, task: Task) -> None:
        limit = max(1, int(task.seconds_left() * 1000))
        sql = f"BEGIN {self._mode}; SET LOCAL statement_timeout={limit}"
        if task.lock is not None:
            sql += f"; SELECT pg_advisory_xact_lock({lock_number(task.lock)})"
        if self._lane.driver is None:
            self._connect()
        try:
            self._lane.run(sql)
        except psycopg.OperationalError:
            if not self._lane.driver.closed:
                raise
            # The server was restarted while this connection lay idle: nothing is lost by taking another.
            self._lane.drop()
            self._connect()
            self._lane.run(sql)

    def _connect(self) -> None:
        self._outage.check()
        try:
            self._lane.open()
        except Exception:
            self._outage.began()
            raise

    def _undo(self) -> None:
        """Rolls back; a connection that can't even do that is thrown away."""
        if self._lane.driver is None:
            return
        try:
            self._lane.forget()
            if self._lane.driver.info.transaction_status != TransactionStatus.IDLE:
                self._lane.run("ROLLBACK")
        except Exception:
            self._lane.drop()
