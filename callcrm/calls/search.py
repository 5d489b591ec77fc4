"""Finding calls: one by its id or SID, or a page of those that match a query."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound
from callcrm.models import (
    LONG_WAIT,
    Call,
    CallState,
    Customer,
    Direction,
    Outcome,
    Recording,
    RecordingStatus,
)
from callcrm.models.versions import locked
from callcrm.store.search import lookup, query
from callcrm.store.search.lookup import Paging, Span

LIVE = tuple(state for state in CallState if state != CallState.ENDED)
LOST = tuple(outcome for outcome in Outcome if outcome != Outcome.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """Filters of a list of calls; None filters nothing. `phones`: one of these (E.164); `until` is exclusive.

    `lost`: inbound calls nobody answered. `waited`: more seconds than that. `recorded`: audio exists, stored
    or still at the carrier. `tier`: of the customer. `subjects`: one of these.
    """

    customer: str | None = None
    phones: Collection[str] | None = None
    agent: str | None = None
    queue: str | None = None
    direction: str | None = None
    outcome: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str | None = None
    lost: bool = False
    waited: int | None = None
    recorded: bool | None = None
    language: str | None = None
    tier: str | None = None
    subjects: Collection[str] | None = None


def call(session: Session, ref: str) -> Call:
    """The call with this id, or this SID; NotFound."""
    row = session.exec(select(Call).where(or_(col(Call.id) == ref, col(Call.carrier_sid) == ref))).first()
    if row is None:
        raise NotFound("There is no such call.")
    return row


def lock(session: Session, ref: str) -> Call:
    """The call with this id, or this SID, as it is now, locked until the commit; NotFound."""
    row = locked(session, Call, call(session, ref).id)
    if row is None:
        raise NotFound("There is no such call.")
    return row


def calls(
    session: Session,
    wanted: CallQuery,
    *,
    region: str,
    after: tuple[datetime, str] | None,
    limit: int,
    back: bool = False,
) -> Sequence[Call]:
    """At most `limit` matching calls, newest first, older than the time and id `after`. With `back` those
    newer than it, oldest first.
    """
    if wanted.lost and wanted.direction == Direction.OUTBOUND:
        return []
    words = query.filter_of(wanted.q, region)
    paging: Paging = {"after": after, "limit": limit, "span": Span(wanted.since, wanted.until), "back": back}
    columns = (Call.started_at, Call.id)
    by_id = select(Call).where(*_conditions(wanted, by_id=True))
    if words is not None:
        words = query.narrowed(words, "call", _filters(wanted))
        return lookup.page(session, "call", words, by_id, columns, **paging)
    statement = select(Call).where(*_conditions(wanted))
    filters = query.narrowed(query.EVERYTHING, "call", _filters(wanted))
    if filters == query.EVERYTHING or not _may_be_rare(wanted):
        return lookup.page(session, "call", None, statement, columns, **paging)
    return lookup.sparse_page(session, "call", filters, statement, by_id, columns, **paging)


def _may_be_rare(wanted: CallQuery) -> bool:
    """Whether calls as wanted may be few among many, with no index of their own in the order of time."""
    if (
        wanted.customer is not None
        or wanted.phones is not None
        or (wanted.subjects is not None and len(wanted.subjects) == 1)
    ):
        return False
    values = (wanted.queue, wanted.direction, wanted.outcome, wanted.language, wanted.tier, wanted.waited)
    marked = wanted.lost or bool(wanted.recorded) or wanted.subjects is not None
    return marked or any(value is not None for value in values)


def newer(session: Session, wanted: CallQuery, *, region: str, than: tuple[datetime, str], most: int) -> int:
    """How many matching calls have begun since this one, counted up to `most`."""
    if wanted.q is not None or _may_be_rare(wanted):
        return len(calls(session, wanted, region=region, after=than, limit=most, back=True))
    since = tuple_(col(Call.started_at), col(Call.id)) > than
    newer_calls = select(Call.id).where(*_conditions(wanted), since).limit(most).subquery()
    return session.exec(select(func.count()).select_from(newer_calls)).one()


def _filters(wanted: CallQuery) -> dict[str, query.Filter]:
    """Those of the conditions that the full-text index knows."""
    return {
        "customer": wanted.customer,
        "phone": [phone.removeprefix("+") for phone in wanted.phones or ()] or None,
        "agent": wanted.agent,
        "queue": wanted.queue,
        "subject": None if wanted.subjects is None else list(wanted.subjects),
        "direction": Direction.INBOUND if wanted.lost else wanted.direction,
        "outcome": LOST if wanted.lost and wanted.outcome is None else wanted.outcome,
        "language": wanted.language,
        "tier": wanted.tier,
        "open": wanted.state not in (None, CallState.ENDED),
        "waited": wanted.waited is not None and wanted.waited >= LONG_WAIT,
        "recorded": bool(wanted.recorded),
    }


def _conditions(wanted: CallQuery, *, by_id: bool = False) -> Iterator[ColumnElement[bool]]:
    same = (
        (Call.customer_id, wanted.customer),
        (Call.agent_id, wanted.agent),
        (Call.queue, wanted.queue),
        (Call.direction, wanted.direction),
        (Call.outcome, wanted.outcome),
        (Call.state, None if wanted.state == CallState.ENDED else wanted.state),
        (Call.language, wanted.language),
    )
    yield from lookup.same_values(same, by_id=by_id)
    if wanted.state == CallState.ENDED:
        yield col(Call.state).not_in(LIVE)  # an index of the state would give nearly all calls, in no order
    if wanted.phones is not None:
        yield (col(Call.phone).concat("") if by_id else col(Call.phone)).in_(wanted.phones)
    if wanted.subjects is not None:
        # One subject's calls have an index in their order; those of several would have to be sorted.
        alone = len(wanted.subjects) == 1 and not by_id
        yield (col(Call.subject) if alone else col(Call.subject).concat("")).in_(wanted.subjects)
    if wanted.since is not None:
        yield col(Call.started_at) >= wanted.since
    if wanted.until is not None:
        yield col(Call.started_at) < wanted.until
    if wanted.lost:
        yield lost()
    if wanted.waited is not None:
        yield col(Call.wait_seconds) > wanted.waited
    if wanted.recorded is not None:
        yield _recorded() if wanted.recorded else ~_recorded()
    if wanted.tier is not None:
        yield exists().where(col(Customer.id) == col(Call.customer_id), col(Customer.tier) == wanted.tier)


def lost() -> ColumnElement[bool]:
    """The condition of a lost call: inbound, ended, and answered by nobody."""
    over = and_(col(Call.direction) == Direction.INBOUND, col(Call.outcome).is_not(None))
    return and_(over, col(Call.outcome) != Outcome.ANSWERED)


def _recorded() -> ColumnElement[bool]:
    audio = col(Recording.status).in_((RecordingStatus.STORED, RecordingStatus.PENDING))
    return exists().where(col(Recording.call_id) == col(Call.id), audio)


def calls_by_id(session: Session, ids: Collection[str]) -> dict[str, Call]:
    """The calls with these ids, by id."""
    rows = session.exec(select(Call).where(col(Call.id).in_(ids))).all() if ids else ()
    return {row.id: row for row in rows}
