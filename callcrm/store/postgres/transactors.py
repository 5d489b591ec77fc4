"""Threads of PostgreSQL's that run each verb in a transaction of its own, since round trips are what costs.

BEGIN, its statement timeout and its lock go to the server in one of them.
"""

import random

from callcrm.base.clock import Clock
from callcrm.lazy import psycopg
from callcrm.store.errors import StoreLate, StoreUndecided, is_race, translate_error
from callcrm.store.postgres.engine import Outage, advisory_lock_key
from callcrm.store.tasks import (
    OnCommit,
    Task,
    TaskResult,
    deliver,
    failed_result,
    late_result,
    publish,
)
from callcrm.store.worker_session import WorkerSession

MAX_ATTEMPTS = 4  # of a verb that loses races
FINDING_OUT = 5.0  # seconds in which a server is asked what became of a COMMIT
READ_ONLY = "ISOLATION LEVEL REPEATABLE READ READ ONLY"


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
        # The winner may need a moment to commit, and two losers at the same pace would only meet again. On a
        # busy machine moments are longer.
        self._clock.block(random.uniform(0.001, 0.01) * 2 ** (MAX_ATTEMPTS - attempts_left))
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
