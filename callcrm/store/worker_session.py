"""A thread's own way to the database: its connection and its session, thrown away after a fault."""

from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlmodel import Session

from callcrm.store.deferred_inserts import ROWS, DeferredInserts
from callcrm.store.tasks import Outcome, Task

log = structlog.get_logger()

AFTER_COMMIT = "after_commit"


class VerbSession(Session):
    """A session that keeps verbs to their rule: the store commits and rolls back, they never do."""

    def commit(self) -> None:
        """Refused."""
        raise RuntimeError("A verb never commits: the store does.")

    def rollback(self) -> None:
        """Refused."""
        raise RuntimeError("A verb never rolls back: it raises, or uses session.begin_nested().")


class WorkerSession:
    """One connection and one session, reused from verb to verb: making them costs more than an insert."""

    def __init__(self, engine: Engine, prologue: Sequence[str] = ()) -> None:
        self._engine = engine
        self._prologue = prologue
        self._connection: Connection | None = None
        self._session: VerbSession | None = None
        self.driver: Any = None
        self.rows: Any = None

    def open(self) -> None:
        """Opens the connection."""
        self._connection = self._engine.connect()
        self.driver = self._connection.connection.driver_connection
        self.rows = DeferredInserts(self._connection)
        for sql in self._prologue:
            self.driver.execute(sql)

    def run(self, sql: str) -> None:
        """Runs a statement of the store's own on the driver's connection, opening it if need be."""
        if self.driver is None:
            self.open()
        self.driver.execute(sql)

    def perform(self, task: Task) -> Outcome:
        """Runs the verb within the transaction that is open; the caller writes `rows` and ends it."""
        session = self._session or self._new_session()
        news: list[object] = []
        session.info[AFTER_COMMIT] = news
        value = task.verb(session)
        session.flush()
        if not session.is_active or session.in_nested_transaction():
            raise RuntimeError("A verb swallowed a failed flush, or left a savepoint open.")
        session.expunge_all()
        return Outcome(task, value, news=news)

    def forget(self) -> None:
        """Throws the session away, since a verb failed in it."""
        session, self._session = self._session, None
        if self.rows is not None:
            self.rows.clear()
        if session is not None:
            session.close()

    def drop(self) -> None:
        """Throws the connection away; the next statement opens another."""
        connection, self._connection = self._connection, None
        self._session = self.driver = self.rows = None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except Exception as error:
            log.debug("a broken connection could not be closed", error=type(error).__name__)

    def _new_session(self) -> VerbSession:
        self._session = VerbSession(self._connection, expire_on_commit=False)
        self._session.info[ROWS] = self.rows
        return self._session
