"""Announcing: one row in the verb's own transaction, and word to the screens once that is durable."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Table, insert
from sqlmodel import Session

from callcrm.base.clock import utc_now
from callcrm.models import LiveEvent
from callcrm.store.deferred_inserts import insert_deferred
from callcrm.store.store import after_commit

LIVE: Table = LiveEvent.__table__  # type: ignore[attr-defined]
_INSERT = insert(LIVE).returning(LIVE.c.id)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing that happened: ids only. `to` are user ids; supervisors as well if set."""

    id: int
    kind: str
    subject: str
    to: tuple[str, ...] = ()
    supervisors: bool = False

    def concerns(self, user_id: str | None, *, supervisor: bool) -> bool:
        """Whether this user is to be told."""
        return (supervisor and self.supervisors) or user_id in self.to


def announce(
    session: Session, kind: str, subject: str, *, to: Sequence[str] = (), supervisors: bool = False
) -> None:
    """Tell these users' screens, and supervisors' if asked, that something is new about the subject."""
    values = {"at": utc_now(), "kind": kind, "subject": subject, "to": list(to), "supervisors": supervisors}

    def told(key: int) -> None:
        after_commit(session, Announcement(key, kind, subject, tuple(to), supervisors))

    insert_deferred(session, _INSERT, values, told)
