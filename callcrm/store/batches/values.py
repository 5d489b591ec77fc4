"""Values of many rows as a driver takes them, converted column by column."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, Table, TypeDecorator

Rows = Sequence[Mapping[str, Any]]


def as_stored(table: Table, names: Sequence[str], rows: Rows, dialect: Dialect) -> Iterator[tuple[Any, ...]]:
    """The columns of these names of the rows, as the driver takes them."""
    convert = _for_sqlite if dialect.name == "sqlite" else _for_postgres
    columns = [convert(table.c[name].type, [row[name] for row in rows], dialect) for name in names]
    return zip(*columns, strict=True)


def _for_postgres(type_: Any, values: list[Any], dialect: Dialect) -> list[Any]:
    # psycopg writes all our types by itself but documents, for which it has two types.
    return _processed(type_, values, dialect) if isinstance(type_, JSON) else values


def _for_sqlite(type_: Any, values: list[Any], dialect: Dialect) -> list[Any]:
    """The same as SQLAlchemy, in a fifth of the time for texts and times, which most values are."""
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    if isinstance(plain, String):
        _check_texts(values, plain.length)
        return values
    if isinstance(plain, DateTime):
        texts = {id(value): _utc_text(value) for value in {id(value): value for value in values}.values()}
        return [texts[id(value)] for value in values]  # many rows of a batch have the same time
    return _processed(type_, values, dialect)


def _utc_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _processed(type_: Any, values: list[Any], dialect: Dialect) -> list[Any]:
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return [process(value) for value in values] if process else values


def _check_texts(values: list[str | None], longest: int | None) -> None:
    """sqlite3.DataError for what PostgreSQL would not take."""
    if any(value and "\0" in value for value in values):
        raise sqlite3.DataError("text with a NUL")
    if longest and any(value and len(value) > longest for value in values):
        raise sqlite3.DataError("text too long")
