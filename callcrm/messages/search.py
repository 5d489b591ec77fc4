"""Finding messages: a page of those that match filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.base.phones import to_e164
from callcrm.base.text import fold_text
from callcrm.messages import texts
from callcrm.messages.answers import WAITING
from callcrm.models import Message

MOST_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """Filters of a list of messages; None filters nothing. `phone` may be a number in any spelling, a short
    code or a sender's name; `until` is exclusive; `unanswered`: incoming ones that nobody has answered.
    """

    customer: str | None = None
    phone: str | None = None
    direction: str | None = None
    channel: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None
    unanswered: bool = False


def message(session: Session, ref: str) -> Message:
    """The message of this id, or this SID; NotFound."""
    same = or_(col(Message.id) == ref, col(Message.carrier_sid) == ref)
    row = session.exec(select(Message).where(same)).first()
    if row is None:
        raise NotFound("There is no such message.")
    return row


def messages(
    session: Session,
    wanted: MessageQuery,
    *,
    region: str,
    after: tuple[datetime, str] | None,
    limit: int,
    back: bool = False,
) -> Sequence[Message]:
    """At most `limit` matching messages, newest first, older than the time and id `after`. With `back` those
    newer than it, oldest first.
    """
    statement = select(Message).where(*_conditions(wanted, region))
    position = tuple_(col(Message.created_at), col(Message.id))
    if after is not None:
        statement = statement.where(position > after if back else position < after)
    columns = (col(Message.created_at), col(Message.id))
    ordered = statement.order_by(*(columns if back else (column.desc() for column in columns)))
    return session.exec(ordered.limit(limit)).all()


def _conditions(wanted: MessageQuery, region: str) -> Iterator[ColumnElement[bool]]:
    same = (
        (Message.customer_id, wanted.customer),
        (Message.direction, wanted.direction),
        (Message.channel, wanted.channel),
        (Message.status, wanted.status),
    )
    yield from (col(column) == value for column, value in same if value is not None)
    if wanted.phone is not None:
        yield col(Message.party) == texts.party(to_e164(wanted.phone, region), wanted.phone)
    if wanted.since is not None:
        yield col(Message.created_at) >= wanted.since
    if wanted.until is not None:
        yield col(Message.created_at) < wanted.until
    if wanted.q is not None:
        yield from with_words(wanted.q, region)
    if wanted.unanswered:
        yield from WAITING


def with_words(q: str, region: str) -> Iterator[ColumnElement[bool]]:
    """The conditions for messages that have all these words, or are with this number."""
    number = to_e164(q, region)
    words = [number] if number else fold_text(q).split()[:MOST_WORDS]
    yield from (col(Message.search_text).contains(word, autoescape=True) for word in words)
