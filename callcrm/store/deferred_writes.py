"""Writes that a verb does not wait for: they are sent together, on PostgreSQL together with the COMMIT; and
queries past SQLAlchemy.

The verb sees no difference: they are sent, in their order, before its next statement of any other kind. An
error, such as a broken unique constraint, comes later than from a statement, and undoes the verb as well.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, event
from sqlmodel import Session

from callcrm.store.prepared import PreparedStatement, Read, Write, prepare_read, prepare_write

DEFERRED_WRITES = "deferred_writes"  # the key in `session.info`
Callback = Callable[[Any], None]


def write_deferred(
    session: Session, statement: Write, values: dict[str, Any], then: Callback | None = None
) -> None:
    """Queues the write; `then` gets the first column of the row it returns, if any, once that has come.

    The statement must be a constant, or one of a few: it is compiled once, and never released. The values of
    an insert are those of columns and parameters, of an update those of parameters alone.
    """
    deferred_writes: DeferredWrites = session.info[DEFERRED_WRITES]
    deferred_writes.add(statement, values, then)


def read_prepared(session: Session, statement: Read, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a query that many requests make, or of an update that returns some.

    The statement must be a constant, or one of a few: it is compiled once, and never released.
    """
    deferred_writes: DeferredWrites = session.info[DEFERRED_WRITES]
    return deferred_writes.read(statement, values)


class DeferredWrites:
    """The writes queued on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver_connection: Any = connection.connection.driver_connection
        self._queued: list[tuple[PreparedStatement, Any, Callback | None]] = []
        event.listen(connection, "before_cursor_execute", self._flush_before)

    def __bool__(self) -> bool:
        return bool(self._queued)

    def add(self, statement: Write, values: dict[str, Any], then: Callback | None) -> None:
        """Queues the write."""
        write = prepare_write(statement, tuple(values), self._connection.dialect)
        self._queued.append((write, write.stored_parameters(values), then))

    def read(self, statement: Read, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the query, which sees what is queued."""
        if self._queued:
            self.write()
        query = prepare_read(statement, self._connection.dialect)
        cursor = self._execute(query.sql, query.parameters(values))
        return [query.row(row) for row in cursor.fetchall()]

    def clear(self) -> None:
        """Forgets what is queued, since the verb failed."""
        self._queued.clear()

    def write(self) -> None:
        """Sends what is queued, and calls back with what it returns."""
        self.send()()

    def send(self) -> Callable[[], None]:
        """Sends what is queued. The function returned calls back with what the writes return, which can be
        read only after a pipeline has ended.
        """
        queued, self._queued = self._queued, []
        silent = self._driver_connection.cursor()  # nobody reads it: psycopg takes long to make each
        try:
            executed = [
                (self._execute(write.sql, values, by=None if then else silent), then)
                for write, values, then in queued
            ]
        except BaseException:
            self._queued = queued  # a verb that swallows this must not be taken for done
            raise

        def call_back() -> None:
            for cursor, then in executed:
                if then and (row := cursor.fetchone()) is not None:
                    then(row[0])

        return call_back

    def _execute(self, sql: str, values: Any, *, by: Any = None) -> Any:
        # Statements that bypass SQLAlchemy must not bypass those who listen to them (tests that count).
        for watch in self._connection.engine.dispatch.before_cursor_execute:
            watch(self._connection, None, sql, values, None, False)
        return (by or self._driver_connection).execute(sql, values)

    def _flush_before(self, *_: object) -> None:
        if self._queued:
            self.write()
