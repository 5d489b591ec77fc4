"""What the ledger has of calls and recordings, to be compared with the carrier's lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from callcrm.calls.ingest import ingest
from callcrm.calls.outgoing import dial_requests
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.reconcile import vanished_call_event
from callcrm.carrier.resources import CarrierCall, CarrierRecording
from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import RECORDING, STATUS, Facts, facts_from_json
from callcrm.models import (
    Call,
    CallState,
    CarrierEvent,
    DialRequest,
    Direction,
    Leg,
    Recording,
    RecordingStatus,
    User,
)
from callcrm.recordings import pending

GIVEN_UP_ON = timedelta(days=30)  # how long a recording that failed is still worth asking for
LONGEST_CALL = timedelta(hours=4, minutes=10)  # the carrier ends every call after four hours
AT_ONCE = 500

StatusesBySid = dict[str, set[str]]
LIVE_STATES = tuple(state for state in CallState if state != CallState.ENDED)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that has not ended as far as we know, with its legs that have not."""

    sid: str
    last_heard: datetime
    legs: tuple[str, ...]


def statuses(session: Session, calls: Sequence[CarrierCall]) -> StatusesBySid:
    """By leg SID: the statuses the ledger has, for these legs and their parents."""
    by_sid: StatusesBySid = defaultdict(set)
    for facts in _facts(session, {sid for call in calls for sid in (call.sid, call.parent) if sid}):
        if facts.kind == STATUS and facts.status:
            by_sid[facts.leg].add(facts.status)
    return by_sid


def recording_statuses(session: Session, recordings: Sequence[CarrierRecording]) -> StatusesBySid:
    """By recording SID: the statuses the ledger has."""
    legs = {recording.call_sid for recording in recordings}
    roots = session.exec(
        select(Call.carrier_sid)
        .join(Leg, col(Leg.call_id) == col(Call.id))
        .where(col(Leg.carrier_sid).in_(legs))
    )
    by_sid: StatusesBySid = defaultdict(set)
    for facts in _facts(session, legs | set(roots)):
        if facts.kind == RECORDING and facts.recording and facts.recording_status:
            by_sid[facts.recording].add(facts.recording_status)
    return by_sid


def _facts(session: Session, roots: set[str]) -> Iterable[Facts]:
    rows = session.exec(select(CarrierEvent.facts).where(col(CarrierEvent.root_sid).in_(roots)))
    return [facts_from_json(dict(row)) for row in rows]


def unknown_roots(session: Session, sids: set[str]) -> set[str]:
    """Those of the SIDs that are no stored call's."""
    stored = session.exec(select(Call.carrier_sid).where(col(Call.carrier_sid).in_(sids)))
    return sids - set(stored)


def addresses(session: Session) -> dict[str, str]:
    """By address of a phone or softphone: the user whose it is; phones that several share are left out."""
    people = session.exec(select(User.id, User.number)).all()
    shared = Counter(number for _, number in people)
    own = {number: user_id for user_id, number in people if number and shared[number] == 1}
    return own | {f"client:{user_id}": user_id for user_id, _ in people}


def live_calls(session: Session, before: datetime) -> list[LiveCall]:
    """Calls that began before then and have not ended, oldest first; at most AT_ONCE."""
    unended = select(Call).where(col(Call.state).in_(LIVE_STATES), col(Call.started_at) <= before)
    calls = session.exec(unended.order_by(col(Call.started_at)).limit(AT_ONCE)).all()
    legs = select(Leg).where(col(Leg.call_id).in_([call.id for call in calls]), col(Leg.ended_at).is_(None))
    by_call: dict[str, list[str]] = defaultdict(list)
    for leg in session.exec(legs):
        by_call[leg.call_id].append(leg.carrier_sid)
    return [
        LiveCall(call.carrier_sid, call.last_event_at or call.started_at, tuple(by_call[call.id]))
        for call in calls
    ]


def quiet_calls(session: Session, before: datetime) -> list[LiveCall]:
    """Calls that have not ended and of which nothing was heard since then; at most AT_ONCE."""
    return [call for call in live_calls(session, before) if call.last_heard <= before]


def end_vanished(
    session: Session, runtime: CallRuntime, sid: str, *, silent_since: datetime, now: datetime
) -> bool:
    """Ends a call the carrier does not know, at its last event; False if something of it came since then.

    Another account's calls are unknown to ours while they live: those end once no call could last so long.
    """
    events = session.exec(
        select(CarrierEvent.account, CarrierEvent.received_at).where(CarrierEvent.root_sid == sid)
    ).all()
    last = max((received_at for _, received_at in events), default=None)
    account = runtime.settings.account_sid
    is_ours = all(other in ("", account) for other, _ in events)
    if last is None or last > (silent_since if is_ours else now - LONGEST_CALL):
        return False
    ingest.record_callback(session, runtime, vanished_call_event(sid, account, last), now)
    return True


def fill(session: Session, runtime: CallRuntime, events: Sequence[Event], now: datetime) -> bool:
    """Records the missing events of one call; True if the call itself was missing."""
    root = events[0].root_sid
    fresh = root in unknown_roots(session, {root})
    for event in events:
        facts = event.facts
        if facts.direction == Direction.OUTBOUND and not facts.parent:
            dial_requests.dial_request_for(session, runtime, event.sid, facts.to, _began(facts) or now)
        ingest.record_callback(session, runtime, event, now)
    return fresh


def _began(facts: Facts) -> datetime | None:
    return facts.at - timedelta(seconds=facts.seconds or 0) if facts.at else None


def record_prices(session: Session, calls: Sequence[CarrierCall], since: datetime) -> None:
    """Notes what calls that agents made since then cost, all their legs together."""
    legs: dict[str, list[int | None]] = defaultdict(list)
    for call in calls:
        legs[call.parent or call.sid].append(call.price)
    costs = {sid: sum(prices) for sid, prices in legs.items() if None not in prices}  # type: ignore[arg-type]
    made = select(DialRequest).where(
        col(DialRequest.created_at) > since, col(DialRequest.carrier_sid).is_not(None)
    )
    for request in session.exec(made):
        cost = costs.get(request.carrier_sid or "")
        if cost is not None and cost != request.price:
            request.price = cost


def requeue(session: Session, now: datetime) -> int:
    """Enqueues again the fetch of recordings that failed or are overdue; returns how many."""
    waiting = (
        select(Recording.carrier_sid)
        .where(col(Recording.status).in_((RecordingStatus.FAILED, RecordingStatus.PENDING)))
        .where(col(Recording.created_at) > now - GIVEN_UP_ON)
        .order_by(col(Recording.created_at))
        .limit(AT_ONCE)
    )
    return sum(pending.requeue(session, sid, now) for sid in session.exec(waiting).all())
