"""The same hour of the next day, in SQL of both engines."""

from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class day_after(FunctionElement[Any]):  # noqa: N801  # read as a function of SQL
    """24 hours after a moment."""

    type = DateTime(timezone=True)
    inherit_cache = True
    name = "day_after"


@compiles(day_after, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # As SQLAlchemy writes a moment, which is compared as text.
    return f"strftime('%Y-%m-%d %H:%M:%f000', {compiler.process(element.clauses, **options)}, '+1 day')"


@compiles(day_after)
def _elsewhere(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} + interval '1 day')"
