"""Statements as the driver takes them, compiled once: having SQLAlchemy execute one costs more than the
statement itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Insert, Select, Update

from callcrm.store.sqlite_dialect import refuse_too_long

Write = Insert | Update
Read = Select[Any] | Update  # that returns rows
Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A statement in SQL. `processors` convert values, and the first of each pair says whether None too.

    `columns` are those of a read's rows, with what converts them.
    """

    sql: str
    processors: Sequence[tuple[str, bool, Process]]
    constants: dict[str, Any]
    positions: Sequence[str] | None
    columns: Sequence[tuple[str, Process | None]] = ()

    def parameters(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them: by name, or in order where it takes positions."""
        converted = {**self.constants, **values}
        for name, even_none, process in self.processors:
            if even_none or converted[name] is not None:
                converted[name] = process(converted[name])
        return converted if self.positions is None else [converted[name] for name in self.positions]

    def stored_parameters(self, values: dict[str, Any]) -> Any:
        """The same of a write: sqlite3.DataError for a text that is longer than its column."""
        parameters = self.parameters(values)
        if self.positions is not None:
            refuse_too_long(parameters)
        return parameters

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        """A row as the driver gives it, by the names of its columns."""
        return {
            name: process(value) if process else value
            for (name, process), value in zip(self.columns, values, strict=True)
        }


@cache
def prepare_write(statement: Write, names: tuple[str, ...], dialect: Dialect) -> PreparedStatement:
    """The write of columns and bind parameters of these names, compiled for the dialect."""
    columns = None
    if isinstance(statement, Insert):
        columns = [name for name in names if name in statement.table.c]
    compiled: Any = statement.inline().compile(dialect=dialect, column_keys=columns)
    return _prepared(compiled, set(names), dialect)


@cache
def prepare_read(statement: Read, dialect: Dialect) -> PreparedStatement:
    """The query, compiled for the dialect."""
    compiled: Any = statement.compile(dialect=dialect)
    required = {bound.key for bound in compiled.bind_names if bound.required}
    return _prepared(compiled, required, dialect)


def _prepared(compiled: Any, names: set[str], dialect: Dialect) -> PreparedStatement:
    processors, constants = [], {}
    for bound, name in compiled.bind_names.items():
        process = bound.type.dialect_impl(dialect).bind_processor(dialect)
        if name not in names:
            constants[name] = process(bound.value) if process else bound.value
        elif process:
            processors.append((name, process(None) is not None, process))
    columns = [
        (column.keyname, column.type.dialect_impl(dialect).result_processor(dialect, None))
        for column in compiled._result_columns
    ]
    return PreparedStatement(compiled.string, processors, constants, compiled.positiontup, columns)
