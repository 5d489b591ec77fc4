"""Writes that a verb does not wait for: they are sent together, on PostgreSQL together with the COMMIT.

The verb sees no difference: they are sent, in their order, before its next statement of any other kind. An
error, such as a broken unique constraint, comes later than from a statement, and undoes the verb as well.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update, event
from sqlmodel import Session

from callcrm.store.sqlite_dialect import refuse_too_long

DEFERRED_WRITES = "deferred_writes"  # the key in `session.info`
Callback = Callable[[Any], None]
Write = Insert | Update


def write_deferred(
    session: Session, statement: Write, values: dict[str, Any], then: Callback | None = None
) -> None:
    """Queues the write; `then` gets the first column of the row it returns, if any, once that has come.

    The statement must be a constant, or one of a few: it is compiled once, and never released. The values of
    an insert are those of columns and parameters, of an update those of parameters alone.
    """
    deferred_writes: DeferredWrites = session.info[DEFERRED_WRITES]
    deferred_writes.add(statement, values, then)


@dataclass(frozen=True, slots=True)
class PreparedWrite:
    """A write as the driver takes it: having SQLAlchemy execute it costs more than the write itself."""

    sql: str
    processors: dict[str, Callable[[Any], Any] | None]
    constants: dict[str, Any]
    positions: Sequence[str] | None

    def parameters(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them: by name, or in order where it takes positions."""
        converted = dict(self.constants)
        for name, process in self.processors.items():
            converted[name] = process(values[name]) if process else values[name]
        refuse_too_long(converted.values())
        return converted if self.positions is None else [converted[name] for name in self.positions]


@cache
def prepare(statement: Write, names: tuple[str, ...], dialect: Dialect) -> PreparedWrite:
    """The write of columns and bind parameters of these names, compiled for the dialect."""
    columns = None
    if isinstance(statement, Insert):
        columns = [name for name in names if name in statement.table.c]
    compiled: Any = statement.inline().compile(dialect=dialect, column_keys=columns)
    processors, constants = {}, {}
    for bound, name in compiled.bind_names.items():
        process = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            processors[name] = process
        else:
            constants[name] = process(bound.value) if process else bound.value
    return PreparedWrite(compiled.string, processors, constants, compiled.positiontup)


class DeferredWrites:
    """The writes queued on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver_connection: Any = connection.connection.driver_connection
        self._queued: list[tuple[PreparedWrite, Any, Callback | None]] = []
        event.listen(connection, "before_cursor_execute", self._flush_before)

    def __bool__(self) -> bool:
        return bool(self._queued)

    def add(self, statement: Write, values: dict[str, Any], then: Callback | None) -> None:
        """Queues the write."""
        write = prepare(statement, tuple(values), self._connection.dialect)
        self._queued.append((write, write.parameters(values), then))

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
        try:
            executed = [(self._execute(write.sql, values), then) for write, values, then in queued]
        except BaseException:
            self._queued = queued  # a verb that swallows this must not be taken for done
            raise

        def call_back() -> None:
            for cursor, then in executed:
                if then and (row := cursor.fetchone()) is not None:
                    then(row[0])

        return call_back

    def _execute(self, sql: str, values: Any) -> Any:
        # Statements that bypass SQLAlchemy must not bypass those who listen to them (tests that count).
        for watch in self._connection.dispatch.before_cursor_execute:
            watch(self._connection, None, sql, values, None, False)
        return self._driver_connection.execute(sql, values)

    def _flush_before(self, *_: object) -> None:
        if self._queued:
            self.write()
