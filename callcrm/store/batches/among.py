"""Which rows have one of many values."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


def among(column: Any, name: str = "keys") -> ColumnElement[bool]:
    """Whether the column has one of the texts of the parameter `name`. The statement is the same for any
    number of them, and can be a constant: an IN of a thousand is written, parsed and planned anew each time.
    """
    texts = bindparam(name, type_=_Texts())
    is_among: ColumnElement[bool] = column.op("IN", is_comparison=True)(_each(texts))
    return is_among


class _Texts(TypeDecorator[Collection[str]]):
    """Texts as one parameter: psycopg takes ten times as long to write an array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str:
        texts = list(value or ())
        return json.dumps(texts) if dialect.name == "sqlite" else f"{{{','.join(map(_quoted, texts))}}}"


def _quoted(text: str) -> str:
    """As an item in the text of a PostgreSQL array."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _each(FunctionElement[Any]):  # noqa: N801  # as SQLAlchemy names functions
    """The texts as rows: for `= ANY` of an array PostgreSQL looks at each of its values to plan by."""

    inherit_cache = True


@compiles(_each, "sqlite")
def _for_sqlite(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608


@compiles(_each, "postgresql")
def _for_postgres(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    texts = compiler.process(element.clauses, **options)
    return f"(SELECT unnest(CAST({texts} AS text[])))"
