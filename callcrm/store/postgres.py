"""PostgreSQL: a few threads, each with a connection of its own, since round trips are what costs.

Each verb is a transaction. BEGIN, its statement timeout and its lock go to the server in one round trip.
"""

import hashlib
import os
import random
from typing import Any

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.lazy import psycopg
from callcrm.store.errors import StoreDown, StoreLate, StoreUndecided, is_race, translate_error
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

WRITERS = 4  # more would only wait for one another: for the interpreter, and for the disk
READERS = 4
RECONNECT_PAUSE = 0.5  # seconds after a failed connection during which no other is tried
CLOSING_TIMEOUT = 10.0  # seconds: a thread that hangs must not keep the process
MAX_ATTEMPTS = 3  # of a verb that loses races
FINDING_OUT = 5.0  # seconds in which a server is asked what became of a COMMIT
READ_ONLY = "ISOLATION LEVEL REPEATABLE READ READ ONLY"
# What is acknowledged survives a power cut, whatever the database was set to.
SYNCHRONOUS_COMMIT = """
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""
# Seconds, milliseconds for tcp_user_timeout. A host that is gone must be noticed: by itself TCP gives up
# after a quarter of an hour.
CONNECT_ARGS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 5000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}


def open_engine(url: str) -> Engine:
    """An engine on the server that leaves transactions to its user."""
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",  # SQLAlchemy sends no BEGIN or COMMIT of its own
        connect_args={**CONNECT_ARGS, **certificates(url)},
        use_native_hstore=False,  # or each new connection begins with a query for a type we do not use
    )


def certificates(url: str) -> dict[str, Any]:
    """The file of certificates to check the server with, where the URL asks for a check and names none:
    SSL_CERT_FILE, which libpq does not know. Where no check is asked for, naming one would begin it.
    """
    query = make_url(url).query
    file = os.environ.get("SSL_CERT_FILE", "")
    named = "sslrootcert" in query or "PGSSLROOTCERT" in os.environ
    mode = query.get("sslmode") or os.environ.get("PGSSLMODE", "")
    return {"sslrootcert": file} if file and not named and mode in ("verify-ca", "verify-full") else {}


def advisory_lock_key(name: str) -> int:
    """The key of the advisory lock with this name: a signed 64-bit number, the same in every process."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Outage:
    """Shared by the threads: after one failed to connect, the others fail at once instead of trying too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = clock.monotonic()
        self._fault = StoreDown()

    def check(self) -> None:
        """The fault of the last failure, within half a second of it."""
        if self._clock.monotonic() < self._until:
            raise type(self._fault)(
                str(self._fault)
            )  # raising it would write to a traceback that others read

    def start(self, error: BaseException) -> None:
        """Records why a connection could not be made."""
        fault = translate_error(error)
        self._fault = fault if isinstance(fault, StoreDown) else StoreDown("The store can't be reached.")
        self._until = self._clock.monotonic() + RECONNECT_PAUSE


class PostgresStore:
    """The threads and queues of a store on PostgreSQL."""

    dialect = "postgresql"

    def __init__(self, url: str, clock: Clock, threads: Threads, on_commit: OnCommit | None) -> None:
        self.engine = open_engine(url)
        self.writes = TaskQueue(consumers=WRITERS)
        self.reads = TaskQueue(consumers=READERS)
        self._threads = threads
        outage = Outage(clock)
        self._workers = []
        for _ in range(WRITERS):
            session = WorkerSession(self.engine, clock, [SYNCHRONOUS_COMMIT])
            writer = WriteTransactor(session, clock, outage, on_commit)
            self._workers.append(threads.start("store-worker", self.writes, writer.serve, writer.end))
        for _ in range(READERS):
            reader = Transactor(WorkerSession(self.engine, clock), clock, outage)
            self._workers.append(threads.start("store-worker", self.reads, reader.serve, reader.end))

    def close(self) -> None:
        """Serves what is queued, then ends the threads."""
        self.writes.close()
        self.reads.close()
        self._threads.join(self._workers, CLOSING_TIMEOUT)
        self.engine.dispose()


class Transactor:
    """Runs verbs, each in a transaction of its own; `mode` is what follows its BEGIN."""

    mode = READ_ONLY

    def __init__(
        self, session: WorkerSession, clock: Clock, outage: Outage, on_commit: OnCommit | None = None
    ) -> None:
        self._session = session
        self._clock = clock
        self._outage = outage
        self._on_commit = on_commit

    def serve(self, task: Task) -> None:
        """Serves one verb."""
        result = late_result(task) if task.abandoned(self._clock.monotonic()) else self._run(task)
        publish(self._on_commit, [result])
        deliver([result])

    def end(self) -> None:
        """Closes the connection."""
        self._session.discard_connection()

    def _run(self, task: Task, attempts_left: int = MAX_ATTEMPTS) -> TaskResult:
        try:
            return self._attempt(task)
        except BaseException as error:
            self._roll_back()
            if attempts_left == 1 or not is_race(error) or self._is_over(task):
                return failed_result(task, translate_error(error))
        # The winner may need a moment to commit, and two losers at the same pace would only meet again.
        self._clock.block(random.uniform(0.001, 0.01))
        return self._run(task, attempts_left - 1)

    def _is_over(self, task: Task) -> bool:
        """Whether nobody waits for another attempt, or its waiter has left with the value of the last."""
        return task.abandoned(self._clock.monotonic()) or not task.unseal()

    def _attempt(self, task: Task) -> TaskResult:
        self._begin(task)
        result = self._session.run(task)
        if self._session.driver_connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            # PostgreSQL would answer this COMMIT with a silent rollback.
            raise RuntimeError("A verb swallowed a failed statement.")
        return self._end_transaction(task, result)

    def _end_transaction(self, task: Task, result: TaskResult) -> TaskResult:
        self._session.execute("COMMIT")
        return result

    def _begin(self, task: Task) -> None:
        seconds_left = task.deadline - self._clock.monotonic()
        milliseconds = max(1, int(seconds_left * 1000))  # 0 would be no limit at all
        sql = f"BEGIN {self.mode}; SET LOCAL statement_timeout={milliseconds}"
        if task.lock is not None:
            sql += f"; SELECT pg_advisory_xact_lock({advisory_lock_key(task.lock)})"
        if self._session.driver_connection is None:
            self._connect()
        try:
            self._session.execute(sql)
        except psycopg.OperationalError:
            if not self._session.driver_connection.closed:
                raise
            # The server was restarted while this connection lay idle: nothing was begun, so nothing is lost.
            self._session.discard_connection()
            self._connect()
            self._session.execute(sql)

    def _connect(self) -> None:
        self._outage.check()
        try:
            self._session.connect()
        except Exception as error:
            self._outage.start(error)
            raise

    def _roll_back(self) -> None:
        """Rolls back; a connection that can't even do that is thrown away."""
        if self._session.driver_connection is None:
            return
        try:
            self._session.discard_session()
            if self._session.driver_connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._session.execute("ROLLBACK")
        except Exception:
            self._session.discard_connection()


class WriteTransactor(Transactor):
    """Runs verbs that write: each is sealed before its COMMIT."""

    mode = ""

    def _end_transaction(self, task: Task, result: TaskResult) -> TaskResult:
        xid = self._xid() if task.settle else None
        if not task.seal(result.value):
            raise StoreLate("The store was too busy to be ready in time.")
        try:
            self._commit()
        except psycopg.Error:
            if not self._session.driver_connection.closed:
                raise
            if not task.settle:
                raise StoreUndecided(result.value) from None
            if xid is not None and not self._was_committed(xid, result):
                raise
        return result

    def _xid(self) -> str | None:
        """What the server calls the transaction; None if it has written nothing."""
        self._session.deferred_writes.write()
        xid: str | None = self._session.scalar("SELECT pg_current_xact_id_if_assigned()::text")
        return xid

    def _commit(self) -> None:
        """Commits, and sends the deferred inserts in the same round trip: in a pipeline the server skips the
        COMMIT after a statement that failed.
        """
        if not self._session.deferred_writes:
            self._session.execute("COMMIT")
            return
        with self._session.driver_connection.pipeline():
            call_back = self._session.deferred_writes.send()
            self._session.execute("COMMIT")
        call_back()

    def _was_committed(self, xid: str, result: TaskResult) -> bool:
        """Whether a COMMIT without an answer was carried out, as the server says once it is back.

        StoreUndecided if it does not come back in time, or no longer knows.
        """
        until = self._clock.monotonic() + FINDING_OUT
        while self._clock.monotonic() < until:
            self._session.discard_connection()
            self._clock.block(0.1)  # it may be starting, or still be busy with the transaction
            try:
                status = self._session.scalar(f"SELECT pg_xact_status('{xid}'::xid8)")
            except psycopg.errors.InvalidParameterValue:
                return False  # a crash took the server back to before it had given that number
            except Exception:
                status = None  # it is not back yet
            if status in ("committed", "aborted"):
                return bool(status == "committed")
        raise StoreUndecided(result.value) from None
