"""Legs that were taken for calls of their own until somebody said whose leg they are."""

from sqlalchemy import Table, delete, update
from sqlmodel import Session

from callcrm.calls.ingest.call_rows import CALL, LEG, call_id
from callcrm.models import Note, Pop, Promise, Recording

NOTE: Table = Note.__table__  # type: ignore[attr-defined]
POP: Table = Pop.__table__  # type: ignore[attr-defined]
RECORDING: Table = Recording.__table__  # type: ignore[attr-defined]
PROMISE: Table = Promise.__table__  # type: ignore[attr-defined]


def merge_leg_call(session: Session, child_sid: str, root_sid: str) -> None:
    """Move what hangs on the mistaken call to the right one, and remove the mistaken one."""
    wrong, right = call_id(child_sid), call_id(root_sid)
    connection = session.connection()
    for table in (NOTE, RECORDING, POP):
        connection.execute(update(table).where(table.c.call_id == wrong).values(call_id=right))
    connection.execute(delete(PROMISE).where(PROMISE.c.call_id == wrong))
    connection.execute(delete(LEG).where(LEG.c.call_id == wrong))
    connection.execute(delete(CALL).where(CALL.c.id == wrong))
