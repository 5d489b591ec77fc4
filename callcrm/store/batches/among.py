"""Which rows have one of many values."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session


def among(session: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """Whether the column has one of these texts. They are one parameter, so that it is the same statement for
    any number of them: an IN of a thousand is written, parsed and planned anew each time. They are rows to
    the engine: for `= ANY` of an array PostgreSQL looks at each of its values to plan by.
    """
    wanted = list(values)
    condition: ColumnElement[bool]
    if len(wanted) == 1:
        condition = column == wanted[0]
    elif session.get_bind().dialect.name == "sqlite":
        each = func.json_each(json.dumps(wanted)).table_valued("value")
        condition = column.in_(select(each.c.value))
    else:
        condition = column.in_(select(func.unnest(literal(wanted, ARRAY(Text)))))
    return condition
