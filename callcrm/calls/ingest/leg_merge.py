"""Merging a child leg that was stored as a call of its own, since its callback came before its parent's."""

from datetime import datetime

from sqlalchemy import Table, delete, update
from sqlmodel import Session, SQLModel

from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.calls.ingest.call_rows import CALL, call_id


def merge_leg_call(session: Session, child_sid: str, root_sid: str, now: datetime) -> None:
    """Moves the rows of the child's supposed call to the call of `root_sid`, and deletes the former.

    Derived rows (legs, the promise) are deleted instead: they are derived again for the right call.
    """
    wrong, right = call_id(child_sid), call_id(root_sid)
    connection = session.connection()
    for table in SQLModel.metadata.sorted_tables:
        if table is CALL or not _names_a_call(table):
            continue
        if _derived(table):
            connection.execute(delete(table).where(table.c.call_id == wrong))
        else:
            connection.execute(update(table).where(table.c.call_id == wrong).values(call_id=right))
    connection.execute(delete(CALL).where(CALL.c.id == wrong))
    enqueue_call_ended(session, wrong, f"merged into {right}", now)


def _names_a_call(table: Table) -> bool:
    return "call_id" in table.c and bool(table.c.call_id.foreign_keys)


def _derived(table: Table) -> bool:
    return table.name == "leg" or bool(table.c.call_id.unique) or table.c.call_id.primary_key
