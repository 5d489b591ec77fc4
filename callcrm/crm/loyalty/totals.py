"""Sums of customers' purchases and redemptions, reckoned by the engine: no row of them is read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlmodel import Session

from callcrm.crm.loyalty.parameters import EveryNth, Gift, Parameters, Points
from callcrm.crm.purchases.products import key_of
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.loyalty import Programme, Redemption, RedemptionState
from callcrm.models.crm.purchase import Purchase, PurchaseItem

PURCHASE, ITEM, REDEMPTION = table_of(Purchase), table_of(PurchaseItem), table_of(Redemption)
CUSTOMER = table_of(Customer)
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
    whose = {"customers": list(customer_ids)}
    execute = session.connection().execute
    for since in {None, *(wish.since for wish in wanted)}:
        several = tuple(wish for wish in wanted if wish.since == since)
        begins = {} if since is None else {"since": datetime.combine(since, time(), zone)}
        for customer, first, *values in execute(_summed(several, bool(begins)), whose | begins):
            sums |= {(customer, wish): int(value) for wish, value in zip(several, values, strict=True)}
            if since is None:
                first_at[customer] = first
    tiers: dict[str, str | None] = {row.id: row.tier for row in execute(_TIERS, whose)}
    return Totals(tiers, sums, first_at, _taken(session, customer_ids, pairs, now))


_CUSTOMERS: BindParameter[Any] = bindparam("customers", expanding=True)
_TIERS = select(CUSTOMER.c.id, CUSTOMER.c.tier).where(CUSTOMER.c.id.in_(_CUSTOMERS))


@lru_cache(maxsize=64)  # to make a statement takes as long as to execute it
def _summed(wanted: Sequence[Sum], since: bool) -> Select[Any]:
    """One row for each customer, in the order of the index: so none of their purchases has to be sorted."""
    columns = [PURCHASE.c.customer_id, func.min(PURCHASE.c.at), *map(_column, wanted)]
    within = [PURCHASE.c.customer_id.in_(_CUSTOMERS), BOUGHT]
    if since:
        within.append(PURCHASE.c.at >= bindparam("since", type_=PURCHASE.c.at.type))
    return select(*columns).where(*within).group_by(PURCHASE.c.customer_id)


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
    limited = {
        programme.id: now - timedelta(days=parameters.per_days)
        for programme, parameters in programmes
        if parameters.per_days
    }
    since = {f"since_{place}": at for place, at in enumerate(limited.values())}
    rows = session.connection().execute(_redeemed(tuple(limited)), {"customers": list(customer_ids), **since})
    return {
        (customer, programme): RedeemedTotal(times, int(spent), recent, requested)
        for customer, programme, times, spent, recent, requested in rows
    }


@lru_cache(maxsize=64)
def _redeemed(limited_programmes: Sequence[str]) -> Select[Any]:
    redeemed = REDEMPTION.c.state == RedemptionState.REDEEMED
    pending = REDEMPTION.c.state == RedemptionState.REQUESTED
    at = REDEMPTION.c.redeemed_at
    limited = [
        and_(REDEMPTION.c.programme_id == programme, at > bindparam(f"since_{place}", type_=at.type))
        for place, programme in enumerate(limited_programmes)
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
    return summed.where(REDEMPTION.c.customer_id.in_(_CUSTOMERS), or_(redeemed, pending)).group_by(*names)
