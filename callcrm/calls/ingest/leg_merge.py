"""Merging a child leg that was stored as a call of its own, since its callback came before its parent's."""

from datetime import datetime

from sqlalchemy import Table, delete, select, update
from sqlmodel import Session, SQLModel

from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.calls.ingest.call_rows import CALL, call_id


def merge_leg_call(session: Session, child_sid: str, root_sid: str, now: datetime) -> None:
    """Moves the rows of the child's supposed call to the call of `root_sid`, and deletes the former.

    Derived rows (legs, the promise) are deleted instead: they are derived again for the right call. What a
    user has decided is kept.
    """
    wrong, right = call_id(child_sid), call_id(root_sid)
    connection = session.connection()
    for table in SQLModel.metadata.sorted_tables:
        if table is CALL or not _names_a_call(table):
            continue
        if _derived(table):
            _keep_decision(session, table, wrong, right)
            connection.execute(delete(table).where(table.c.call_id == wrong))
        else:
            connection.execute(update(table).where(table.c.call_id == wrong).values(call_id=right))
    connection.execute(delete(CALL).where(CALL.c.id == wrong))
    enqueue_call_ended(session, wrong, f"merged into {right}", now)


def _keep_decision(session: Session, table: Table, wrong: str, right: str) -> None:
    """Moves a row that a user has decided about in place of the right call's, unless that is decided too."""
    if "decided_at" not in table.c:
        return
    decided = table.c.decided_at.is_not(None)
    of_wrong, of_right = table.c.call_id == wrong, table.c.call_id == right
    both = select(table.c.call_id, decided).where(of_wrong | of_right)
    rows = {row[0]: row[1] for row in session.connection().execute(both)}
    if rows.get(wrong) and not rows.get(right):
        session.connection().execute(delete(table).where(of_right))
        session.connection().execute(update(table).where(of_wrong).values(call_id=right))


def _names_a_call(table: Table) -> bool:
    return "call_id" in table.c and bool(table.c.call_id.foreign_keys)


def _derived(table: Table) -> bool:
    return table.name == "leg" or bool(table.c.call_id.unique) or table.c.call_id.primary_key
