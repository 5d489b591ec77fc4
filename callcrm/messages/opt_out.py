"""Who wants no messages from us: the last word of a number counts, to stop or to start again."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.models import Direction, Message

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "لغو", "توقف"})
START = frozenset({"start", "unstop", "yes", "شروع"})


def has_opted_out(session: Session, phone: str) -> bool:
    """Whether the number's last word on it was one to stop."""
    word = func.lower(func.trim(col(Message.body), " .!\n"))
    statement = select(word).where(
        Message.phone == phone, Message.direction == Direction.INBOUND, word.in_(STOP | START)
    )
    newest = statement.order_by(col(Message.created_at).desc(), col(Message.id).desc())
    return session.exec(newest.limit(1)).first() in STOP
