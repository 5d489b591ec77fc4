"""Which tables follow calls, numbers and customers: by their columns, so that a new noun's are found too.

A table with `call_id` and `customer_id` follows its call; one with `phone` and `customer_id` its number.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Table
from sqlmodel import SQLModel

import callcrm.models
from callcrm.models import Call
from callcrm.models.conventions import table_of

assert callcrm.models.__all__, "importing the models registers the tables"
CALL = table_of(Call)


def by_call() -> tuple[Table, ...]:
    """Tables whose rows belong to the customer of their call."""
    return _with_columns("call_id", "customer_id")


def by_number() -> tuple[Table, ...]:
    """Tables whose rows belong to the customer of their number, calls excepted."""
    return tuple(table for table in _with_columns("phone", "customer_id") if table is not CALL)


def by_customer() -> tuple[Table, ...]:
    """Tables whose rows have a `customer_id`."""
    return _with_columns("customer_id")


def _with_columns(*names: str) -> tuple[Table, ...]:
    return _of(len(SQLModel.metadata.tables), names)


@cache
def _of(_count: int, names: Sequence[str]) -> tuple[Table, ...]:
    """The tables with these columns, as long as there are so many: to sort them takes milliseconds."""
    return tuple(table for table in SQLModel.metadata.sorted_tables if set(names) <= set(table.c.keys()))
