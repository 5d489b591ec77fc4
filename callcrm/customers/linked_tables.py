"""Which rows follow which: found in the tables themselves, so that a new noun's follow as calls' notes do.

A table with `call_id` and `customer_id` follows its call; one with `phone` and `customer_id` its number.
"""

from sqlalchemy import Table
from sqlmodel import SQLModel

import callcrm.models
from callcrm.models import Call
from callcrm.models.conventions import table_of

assert callcrm.models.__all__, "importing the models registers the tables"
CALL = table_of(Call)


def by_call() -> tuple[Table, ...]:
    """The tables whose rows belong to whichever customer their call is with."""
    return _with_columns("call_id", "customer_id")


def by_number() -> tuple[Table, ...]:
    """The tables whose rows belong to whichever customer has their number, calls left out."""
    return tuple(table for table in _with_columns("phone", "customer_id") if table is not CALL)


def by_customer() -> tuple[Table, ...]:
    """The tables whose rows name a customer in `customer_id`."""
    return _with_columns("customer_id")


def _with_columns(*names: str) -> tuple[Table, ...]:
    return tuple(table for table in SQLModel.metadata.sorted_tables if set(names) <= set(table.c.keys()))
