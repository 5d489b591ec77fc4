"""Moving all rows of one customer to another, whichever noun they belong to, and back."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Table
from sqlmodel import Session

from callcrm.crm.seams import Seams
from callcrm.customers import linked_tables
from callcrm.models import Call
from callcrm.models.conventions import table_of
from callcrm.models.versions import with_version
from callcrm.store.store import now

Moved = dict[str, list[str]]


def move(session: Session, seams: Seams, from_id: str, to_id: str) -> Moved:
    """Moves all rows of one customer to another; the ids of what moved, by table, for `move_back`.

    Phone numbers stay: whether both customers keep theirs is for the caller to decide.
    """
    for noun in seams.nouns:
        if noun.merge is not None:
            noun.merge(session, from_id, to_id)
    moved: Moved = {}
    for table in _tables():
        own = table.c.customer_id == from_id
        ids = list(
            session.connection().execute(table.select().with_only_columns(table.c.id).where(own)).scalars()
        )
        if ids:
            session.connection().execute(table.update().where(own).values(_given_to(table, to_id)))
            moved[table.name] = ids
    _linked(session, seams, {from_id, to_id})
    return moved


def move_back(session: Session, seams: Seams, moved: Moved, to_id: str) -> None:
    """Moves these rows back to the customer they came from."""
    customers = {to_id}
    for table in _tables():
        rows = table.c.id.in_(moved.get(table.name, ()))
        holders = table.select().with_only_columns(table.c.customer_id).where(rows).distinct()
        customers.update(filter(None, session.connection().execute(holders).scalars()))
        session.connection().execute(table.update().where(rows).values(_given_to(table, to_id)))
    _linked(session, seams, customers)


def _linked(session: Session, seams: Seams, customer_ids: Collection[str]) -> None:
    """Tells the nouns of each customer who has rows now, or had."""
    session.expire_all()
    for customer_id in sorted(customer_ids):
        for noun in seams.nouns:
            if noun.linked is not None:
                noun.linked(session, customer_id, now(session))


def _given_to(table: Table, customer_id: str) -> dict[str, Any]:
    values = {"customer_id": customer_id}
    return with_version(Call, values) if table is table_of(Call) else values


def _tables() -> list[Table]:
    return [table for table in linked_tables.by_customer() if "id" in table.c]
