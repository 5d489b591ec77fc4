"""Finding messages: a page of those that match filters."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.base.phones import wanted_numbers
from callcrm.messages import texts
from callcrm.messages.answers import WAITING
from callcrm.models import Message
from callcrm.store.search import lookup, query
from callcrm.store.search.lookup import Paging, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """Filters of a list of messages; None filters nothing. `phone` may be numbers in any spelling, a short
    code or a sender's name; `until` is exclusive; `unanswered`: incoming ones that nobody has answered, and
    with False all others; `shown`: of these ids those that `user` has marked as answered are
    among the unanswered still.
    """

    customer: str | None = None
    phone: str | None = None
    direction: str | None = None
    channel: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None
    unanswered: bool | None = None
    shown: Collection[str] = ()
    user: str | None = None


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
    words = query.filter_of(wanted.q, region)
    paging: Paging = {"after": after, "limit": limit, "span": Span(wanted.since, wanted.until), "back": back}
    columns = (Message.created_at, Message.id)
    by_id = select(Message).where(*_conditions(wanted, region, by_id=True))
    if words is not None:
        words = query.narrowed(words, "message", _filters(wanted))
        return lookup.page(session, "message", words, by_id, columns, **paging)
    statement = select(Message).where(*_conditions(wanted, region, by_id=False))
    filters = query.narrowed(query.EVERYTHING, "message", _filters(wanted))
    if filters == query.EVERYTHING or not _may_be_rare(wanted):
        return lookup.page(session, "message", None, statement, columns, **paging)
    return lookup.sparse_page(session, "message", filters, statement, by_id, columns, **paging)


def _may_be_rare(wanted: MessageQuery) -> bool:
    """Whether messages as wanted may be few among many, with no index of their own in the order of time."""
    if wanted.customer is not None or wanted.phone is not None or wanted.unanswered:
        return False
    return any(value is not None for value in (wanted.direction, wanted.channel, wanted.status))


def _filters(wanted: MessageQuery) -> dict[str, query.Filter]:
    """Those of the conditions that the full-text index knows."""
    return {
        "customer": wanted.customer,
        "direction": wanted.direction,
        "channel": wanted.channel,
        "status": wanted.status,
        "unanswered": wanted.unanswered,
    }


def _conditions(wanted: MessageQuery, region: str, *, by_id: bool) -> Iterator[ColumnElement[bool]]:
    same = (
        (Message.customer_id, wanted.customer),
        (Message.direction, wanted.direction),
        (Message.channel, wanted.channel),
        (Message.status, wanted.status),
    )
    yield from lookup.same_values(same, by_id=by_id)
    if wanted.phone is not None:
        numbers = wanted_numbers(wanted.phone, region) or [texts.party(None, wanted.phone)]
        yield (col(Message.party).concat("") if by_id else col(Message.party)).in_(numbers)
    if wanted.since is not None:
        yield col(Message.created_at) >= wanted.since
    if wanted.until is not None:
        yield col(Message.created_at) < wanted.until
    if wanted.unanswered is not None:
        waiting = and_(*WAITING)
        if wanted.shown:
            own = and_(col(Message.id).in_(wanted.shown), col(Message.answered_by) == wanted.user)
            waiting = or_(waiting, own)
        yield waiting if wanted.unanswered else ~waiting
