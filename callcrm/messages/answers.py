"""Which incoming messages are answered: by a later message of ours that was sent, or by hand."""

from datetime import datetime

from sqlmodel import Session, col, func, select, update

from callcrm.base.errors import NotFound
from callcrm.carrier.messages import STATUS_RANKS
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Direction, Message
from callcrm.models.versions import locked

# On its way or there; canceled, undelivered and failed rank higher.
ANSWERING = range(STATUS_RANKS["sent"], STATUS_RANKS["canceled"])
FAILED = frozenset(rank for rank in STATUS_RANKS.values() if rank >= STATUS_RANKS["canceled"])
MOST_COUNTED = 1000
WAITING = (col(Message.direction) == Direction.INBOUND, col(Message.answered_at).is_(None))


def judge(session: Session, sid: str, now: datetime) -> None:
    """Marks what our message of this SID answers as answered once it is sent, and as not if it has failed."""
    sent = session.exec(select(Message).where(Message.carrier_sid == sid)).one()
    if sent.status_rank in ANSWERING:
        earlier = (col(Message.party) == sent.party, col(Message.created_at) <= sent.created_at)
        answered = update(Message).where(*WAITING, *earlier)
        changed = session.exec(answered.values(answered_at=now, answered_by=sent.id))
    elif sent.status_rank in FAILED:
        by_it = update(Message).where(col(Message.answered_by) == sent.id)
        changed = session.exec(by_it.values(answered_at=None, answered_by=None))
    else:
        return
    if changed.rowcount:
        announce(session, LiveKind.MESSAGE_UPDATED, sent.id)


def judge_incoming(session: Session, message_id: str, now: datetime) -> None:
    """Marks a message that came late, after a later one of ours, as answered by that."""
    message = session.get_one(Message, message_id)
    later = select(Message.id).where(
        Message.party == message.party,
        Message.direction == Direction.OUTBOUND,
        col(Message.created_at) >= message.created_at,
        col(Message.status_rank).in_(ANSWERING),
    )
    answer = session.exec(later.order_by(col(Message.created_at), col(Message.id)).limit(1)).first()
    if answer is not None:
        message.answered_at, message.answered_by = now, answer
        session.add(message)
        session.flush()


def set_answered(
    session: Session, message_id: str, *, by: str, now: datetime, answered: bool = True
) -> Message:
    """The incoming message, marked by a user or program as answered, or as not; NotFound. Who has marked it
    so before stays the one who did.
    """
    message = locked(session, Message, message_id)
    if message is None or message.direction != Direction.INBOUND:
        raise NotFound("There is no such message.")
    if (message.answered_at is not None) != answered:
        message.answered_at, message.answered_by = (now, by) if answered else (None, None)
        session.add(message)
        session.flush()
        announce(session, LiveKind.MESSAGE_UPDATED, message.id)
    return message


def count_waiting(session: Session) -> int:
    """How many incoming messages wait for an answer, counted up to MOST_COUNTED."""
    waiting = select(Message.id).where(*WAITING).limit(MOST_COUNTED).subquery()
    return session.exec(select(func.count()).select_from(waiting)).one()
