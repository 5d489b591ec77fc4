"""Rows that a verb puts into the store and does not wait for: they travel together, with the commit.

The verb cannot tell: they are written, in their order, before its next statement of any other kind.
A value or a race the database refuses is so told later than by a statement, and undoes the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, event
from sqlmodel import Session

ROWS = "rows"
Then = Callable[[Any], None]


def insert_deferred(
    session: Session, statement: Insert, values: dict[str, Any], then: Then | None = None
) -> None:
    """Adds the row; `then` is handed what the statement returns, once the database has told.

    The statement is a constant of its module: it is compiled once and kept for good.
    """
    rows: DeferredInserts = session.info[ROWS]
    rows.add(statement, values, then)


@dataclass(frozen=True, slots=True)
class PreparedInsert:
    """An insert as the driver takes it: SQLAlchemy's way there would cost more than the insert."""

    sql: str
    processors: dict[str, Callable[[Any], Any] | None]
    constants: dict[str, Any]
    positions: Sequence[str] | None

    def parameters(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them."""
        taken = dict(self.constants)
        for name, process in self.processors.items():
            taken[name] = process(values[name]) if process else values[name]
        return taken if self.positions is None else [taken[name] for name in self.positions]


@cache
def ready(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> PreparedInsert:
    """The insert with values of these names, compiled."""
    columns = [name for name in names if name in statement.table.c]
    compiled: Any = statement.inline().compile(dialect=dialect, column_keys=columns)
    processors, constants = {}, {}
    for bound, name in compiled.bind_names.items():
        process = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            processors[name] = process
        else:
            constants[name] = process(bound.value) if process else bound.value
    return PreparedInsert(compiled.string, processors, constants, compiled.positiontup)


class DeferredInserts:
    """The rows put on one connection that are not sent yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._waiting: list[tuple[PreparedInsert, Any, Then | None]] = []
        event.listen(connection, "before_cursor_execute", self._before_others)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, statement: Insert, values: dict[str, Any], then: Then | None) -> None:
        """Has the row wait for its sending."""
        insert = ready(statement, tuple(values), self._connection.dialect)
        self._waiting.append((insert, insert.parameters(values), then))

    def clear(self) -> None:
        """Forgets what waits, since the verb failed."""
        self._waiting.clear()

    def write(self) -> None:
        """Sends what waits, and hands on what the database tells."""
        self.send()()

    def send(self) -> Callable[[], None]:
        """Sends what waits. The answer hands on what the database tells, when that has come."""
        waiting, self._waiting = self._waiting, []
        try:
            executed = [(self._execute(insert.sql, values), then) for insert, values, then in waiting]
        except BaseException:
            self._waiting = waiting  # a verb that swallows this must not be taken for done
            raise

        def call_back() -> None:
            for cursor, then in executed:
                if then:
                    then(cursor.fetchone()[0])

        return call_back

    def _execute(self, sql: str, values: Any) -> Any:
        for watch in self._connection.dispatch.before_cursor_execute:
            watch(self._connection, None, sql, values, None, False)
        return self._driver.execute(sql, values)

    def _before_others(self, *_: object) -> None:
        if self._waiting:
            self.write()
