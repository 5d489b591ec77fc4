"""A worker thread's connection and session, reused from verb to verb and replaced after a failure."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.store.deferred_writes import DEFERRED_WRITES, DeferredWrites
from callcrm.store.migrations.schema import check_revision
from callcrm.store.tasks import Task, TaskResult

log = structlog.get_logger()

AFTER_COMMIT = "after_commit"  # the key in `session.info` of the events to publish
CLOCK = "clock"  # and of the store's clock


class TaskSession(Session):
    """A session that keeps verbs to their rule: the store commits and rolls back, they never do."""

    def commit(self) -> None:
        """Refused."""
        raise RuntimeError("A verb never commits: the store does.")

    def rollback(self) -> None:
        """Refused."""
        raise RuntimeError("A verb never rolls back: it raises, or uses session.begin_nested().")


class WorkerSession:
    """One connection and one session, kept for all verbs: creating them costs more than an insert.

    `setup` are statements for each new connection. `driver_connection` is None while there is no
    connection, and so is `deferred_writes`.
    """

    def __init__(self, engine: Engine, clock: Clock, setup: Sequence[str] = ()) -> None:
        self._engine = engine
        self._clock = clock
        self._setup = setup
        self._connection: Connection | None = None
        self._session: TaskSession | None = None
        self.driver_connection: Any = None
        self.deferred_writes: Any = None

    def connect(self) -> None:
        """Opens the connection; raises what the driver raises, SchemaFault for a store not ours."""
        self._connection = self._engine.connect()
        self.driver_connection = self._connection.connection.driver_connection
        self.deferred_writes = DeferredWrites(self._connection)
        try:
            check_revision(self.driver_connection)
            for sql in self._setup:
                self.driver_connection.execute(sql)
        except BaseException:
            self.discard_connection()
            raise

    @property
    def connection(self) -> Connection | None:
        """SQLAlchemy's connection, for event listeners on its statements; None while there is none."""
        return self._connection

    def execute(self, sql: str) -> None:
        """Runs a statement of the store's own, such as BEGIN, on the driver's connection."""
        if self.driver_connection is None:
            self.connect()
        self.driver_connection.execute(sql)

    def scalar(self, sql: str) -> Any:
        """The first column of the first row of a query of the store's own."""
        if self.driver_connection is None:
            self.connect()
        return self.driver_connection.execute(sql).fetchone()[0]

    def run(self, task: Task) -> TaskResult:
        """Runs the verb within the transaction that is open; the caller writes the deferred inserts and
        ends the transaction.
        """
        session = self._session or self._new_session()
        events: list[object] = []
        session.info[AFTER_COMMIT] = events
        value = task.verb(session)
        session.flush()
        if not session.is_active or session.in_nested_transaction():
            raise RuntimeError("A verb swallowed a failed flush, or left a savepoint open.")
        # Rows stay usable for whoever gets them (expire_on_commit is off), but the next verb must not
        # find them in its identity map: by then another process may have changed them.
        if session.identity_map:
            session.expunge_all()
        return TaskResult(task, value, events=events)

    def call_back(self, call_back: Callable[[], None], result: TaskResult) -> None:
        """Calls back with what the deferred writes of an earlier verb have returned; the events that this
        queues are that verb's.
        """
        if self._session is not None:
            self._session.info[AFTER_COMMIT] = result.events
        call_back()

    def discard_session(self) -> None:
        """Closes the session and forgets the deferred inserts of a verb that failed; the connection stays."""
        session, self._session = self._session, None
        if self.deferred_writes is not None:
            self.deferred_writes.clear()
        if session is not None:
            session.close()

    def discard_connection(self) -> None:
        """Closes the connection with whatever it was doing; the next statement opens another."""
        connection, self._connection = self._connection, None
        self._session = self.driver_connection = self.deferred_writes = None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except Exception as error:
            log.debug("a broken connection could not be closed", error=type(error).__name__)

    def _new_session(self) -> TaskSession:
        self._session = TaskSession(self._connection, expire_on_commit=False)
        self._session.info[CLOCK] = self._clock
        self._session.info[DEFERRED_WRITES] = self.deferred_writes
        return self._session
