"""How many calls agents make, and what they cost, by the hour and by the day; dialled in browsers too."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, func, select

from callcrm.base.errors import RefusedByRule, TooMany
from callcrm.config import Settings
from callcrm.models import Call, CallState, DialRequest, DialStatus

LOCK = "dial request"  # of every verb that counts and then begins
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PER_AGENT = 60  # an hour
PER_HOUR = 600  # an hour; the carrier itself starts one a second
RESERVED = timedelta(minutes=5)  # what a call counts at least until it is over: many may begin at once
MICROS = 1_000_000


def check(session: Session, settings: Settings, agent_id: str, now: datetime) -> None:
    """TooMany or RefusedByRule if no more calls are made for now; run it serialized by LOCK."""
    _check_hour(session, agent_id, now)
    placed: Sequence[Any] = session.exec(
        select(DialRequest.price, DialRequest.created_at, Call.state, Call.duration_seconds)
        .join(Call, col(Call.carrier_sid) == col(DialRequest.carrier_sid), isouter=True)
        .where(*_counted(now - DAY))
    ).all()
    if len(placed) >= settings.calls_per_day:
        raise RefusedByRule(
            "No more calls today: at most %(most)s are made in 24 hours (CALLCRM_CALLS_PER_DAY)",
            code="calls-per-day",
            most=settings.calls_per_day,
        )
    price = settings.call_price
    spent = sum((_call_cost(*row, price=price, now=now) for row in placed), Decimal())
    if spent + _cost(RESERVED, price) > settings.spend_per_day:
        raise RefusedByRule(
            "No more calls today: what they cost in 24 hours has reached %(most)s (CALLCRM_SPEND_PER_DAY)",
            code="spend-per-day",
            most=settings.spend_per_day,
        )


def _counted(since: datetime) -> tuple[Any, ...]:
    return col(DialRequest.created_at) > since, col(DialRequest.status) != DialStatus.REFUSED


def _check_hour(session: Session, agent_id: str, now: datetime) -> None:
    everyone = select(func.count()).select_from(DialRequest).where(*_counted(now - HOUR))
    if session.exec(everyone.where(DialRequest.agent_id == agent_id)).one() >= PER_AGENT:
        raise TooMany("an agent has at most %(most)s calls placed an hour", most=PER_AGENT)
    if session.exec(everyone).one() >= PER_HOUR:
        raise TooMany("at most %(most)s calls are placed an hour", most=PER_HOUR)


def _call_cost(
    carrier_price: int | None,
    created_at: datetime,
    state: str | None,
    seconds: int | None,
    *,
    price: Decimal,
    now: datetime,
) -> Decimal:
    """By the carrier's word where it has said so, else by the minutes."""
    if carrier_price is not None:
        return Decimal(carrier_price) / MICROS
    if state == CallState.ENDED and seconds is not None:
        return _cost(timedelta(seconds=seconds), price)
    return _cost(max(now - created_at, RESERVED), price)


def _cost(length: timedelta, price: Decimal) -> Decimal:
    """By the minute begun, as carriers count."""
    return -(-int(length.total_seconds()) // 60) * price
