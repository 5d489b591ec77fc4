"""Announcing a live event: a row in the verb's transaction, published to screens once that is committed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlmodel import Session

from callcrm.live.kinds import TO_EVERYBODY, LiveKind
from callcrm.models import LiveEvent
from callcrm.models.conventions import table_of
from callcrm.store.deferred_writes import write_deferred
from callcrm.store.store import after_commit, now

LIVE_EVENT = table_of(LiveEvent)
_INSERT = insert(LIVE_EVENT).returning(LIVE_EVENT.c.id)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A live event: ids only, never a person's data. `subject` is the id of what changed, `to` are the user
    ids it concerns, `supervisors` whether it concerns every supervisor as well; the user `hidden_from` is
    never sent it.
    """

    id: int
    kind: str
    subject: str
    to: tuple[str, ...] = ()
    supervisors: bool = False
    hidden_from: str | None = None

    @property
    def everybody(self) -> bool:
        """Whether it is sent to every client."""
        return self.kind in TO_EVERYBODY

    def concerns(self, user_id: str | None, *, supervisor: bool) -> bool:
        """Whether it is to be sent to this user; None is a program, which gets what supervisors get."""
        if user_id is not None and user_id == self.hidden_from:
            return False
        return self.everybody or (supervisor and self.supervisors) or user_id in self.to


def announce(
    session: Session,
    kind: LiveKind,
    subject: str,
    *,
    to: Sequence[str] = (),
    hidden_from: str | None = None,
) -> None:
    """Sends an event about the subject to the screens of these users, and to whoever else gets its kind,
    but for the user `hidden_from`.
    """
    values = {
        "at": now(session),
        "kind": kind.value,
        "subject": subject,
        "to": list(to),
        "supervisors": kind.supervisors,
        "hidden_from": hidden_from,
    }

    def publish(event_id: int) -> None:
        announced = Announcement(event_id, kind, subject, tuple(to), kind.supervisors, hidden_from)
        after_commit(session, announced)

    write_deferred(session, _INSERT, values, publish)
