"""Sums of customers' purchases and redemptions, reckoned by the engine: no row of them is read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from callcrm.crm.loyalty.parameters import EveryNth, Gift, Parameters, Points
from callcrm.crm.purchases.products import key_of
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.loyalty import Programme, Redemption, RedemptionState
from callcrm.models.crm.purchase import Purchase, PurchaseItem

PURCHASE, ITEM, REDEMPTION = table_of(Purchase), table_of(PurchaseItem), table_of(Redemption)
# What has wholly come back was not bought; neither was what cost nothing, as the free tenth.
BOUGHT = PURCHASE.c.amount > PURCHASE.c.returned


class Sum(NamedTuple):
    """Something that is summed up of a customer's purchases: those from a day on, of one product, paid in one
    way. With a currency it is what they cost in it, less what came back; without one how many they are.
    """

    since: date | None = None
    product: str | None = None
    payment: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class RedeemedTotal:
    """What a customer redeemed of a programme: how often, what it spent, how often within its days."""

    times: int = 0
    spent: int = 0
    lately: int = 0
    pending: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of several customers, by customer id; `first_at` is when each first bought something."""

    tiers: Mapping[str, str | None]
    sums: Mapping[tuple[str, Sum], int]
    first_at: Mapping[str, datetime]
    taken: Mapping[tuple[str, str], RedeemedTotal]


def sum_of(parameters: Parameters) -> Sum | None:
    """The sum that these parameters are reckoned from; None where nothing is counted."""
    scope = Sum(parameters.since, payment=parameters.payment)
    if isinstance(parameters, Points):
        return scope._replace(currency=parameters.per.currency)
    if isinstance(parameters, EveryNth):
        return scope._replace(product=key_of(parameters.product) if parameters.product else None)
    return scope if isinstance(parameters, Gift) and parameters.n else None


def totals(
    session: Session,
    customer_ids: Collection[str],
    programmes: Iterable[tuple[Programme, Parameters]],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Totals:
    """What these programmes are reckoned from: a few statements, however many customers there are."""
    pairs = list(programmes)
    wanted = {wish for _, parameters in pairs if (wish := sum_of(parameters))}
    sums: dict[tuple[str, Sum], int] = {}
    first_at: dict[str, datetime] = {}
    for since in {None, *(wish.since for wish in wanted)}:
        several = [wish for wish in wanted if wish.since == since]
        for customer, first, *values in session.connection().execute(
            _summed(_within(customer_ids, since, zone), several)
        ):
            sums |= {(customer, wish): int(value) for wish, value in zip(several, values, strict=True)}
            if since is None:
                first_at[customer] = first
    tiers = select_rows(Customer.id, Customer.tier).where(col(Customer.id).in_(customer_ids))
    taken = _taken(session, customer_ids, pairs, now)
    return Totals(dict(session.exec(tiers).all()), sums, first_at, taken)


def _within(customer_ids: Collection[str], since: date | None, zone: ZoneInfo) -> ColumnElement[bool]:
    within = and_(PURCHASE.c.customer_id.in_(customer_ids), BOUGHT)
    if since is None:
        return within
    return and_(within, PURCHASE.c.at >= datetime.combine(since, time(), zone))


def _summed(within: ColumnElement[bool], wanted: Sequence[Sum]) -> Select[Any]:
    """One row for each customer, in the order of the index: so none of their purchases has to be sorted."""
    columns = [PURCHASE.c.customer_id, func.min(PURCHASE.c.at), *map(_column, wanted)]
    return select(*columns).where(within).group_by(PURCHASE.c.customer_id)


def _column(wish: Sum) -> ColumnElement[int]:
    only: list[ColumnElement[bool]] = []
    if wish.payment is not None:
        only.append(PURCHASE.c.payment == wish.payment)
    if wish.product is not None:
        same = (ITEM.c.purchase_id == PURCHASE.c.id, ITEM.c.product_key == wish.product)
        only.append(exists(ITEM.c.purchase_id).where(*same))
    if wish.currency is None:
        return func.count().filter(*only) if only else func.count()
    net = func.sum(PURCHASE.c.amount - PURCHASE.c.returned)
    return func.coalesce(net.filter(PURCHASE.c.currency == wish.currency, *only), 0)


def _taken(
    session: Session,
    customer_ids: Collection[str],
    programmes: Iterable[tuple[Programme, Parameters]],
    now: datetime,
) -> dict[tuple[str, str], RedeemedTotal]:
    redeemed = REDEMPTION.c.state == RedemptionState.REDEEMED
    pending = REDEMPTION.c.state == RedemptionState.REQUESTED
    limited = [
        and_(
            REDEMPTION.c.programme_id == programme.id,
            REDEMPTION.c.redeemed_at > now - timedelta(days=parameters.per_days),
        )
        for programme, parameters in programmes
        if parameters.per_days
    ]
    lately = and_(redeemed, or_(*limited)) if limited else literal(False)
    names = (REDEMPTION.c.customer_id, REDEMPTION.c.programme_id)
    summed = select(
        *names,
        func.count().filter(redeemed),
        func.coalesce(func.sum(REDEMPTION.c.spent).filter(redeemed), 0),
        func.count().filter(lately),
        func.min(REDEMPTION.c.id).filter(pending),
    )
    rows = summed.where(REDEMPTION.c.customer_id.in_(customer_ids), or_(redeemed, pending)).group_by(*names)
    return {
        (customer, programme): RedeemedTotal(times, int(spent), recent, requested)
        for customer, programme, times, spent, recent, requested in session.connection().execute(rows)
    }
