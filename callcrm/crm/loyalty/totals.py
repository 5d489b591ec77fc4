"""Sums of customers' purchases and redemptions, reckoned by the engine: no row of them is read."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from callcrm.crm.loyalty.parameters import EveryNth, Parameters
from callcrm.crm.purchases.products import key_of
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.loyalty import Programme, Redemption, RedemptionState
from callcrm.models.crm.purchase import Purchase, PurchaseItem

PURCHASE, ITEM, REDEMPTION = table_of(Purchase), table_of(PurchaseItem), table_of(Redemption)
# What has wholly come back was not bought; neither was what cost nothing, as the free tenth.
BOUGHT = PURCHASE.c.amount > PURCHASE.c.returned


class Scope(NamedTuple):
    """Which purchases a programme counts: from a day on, and of one product."""

    since: date | None = None
    product: str | None = None


class Group(NamedTuple):
    """Purchases of one currency and payment: how many, what they cost less what came back, the first."""

    currency: str
    payment: str
    purchases: int
    net: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What a customer redeemed of a programme: how often, what it spent, how often within its days."""

    times: int = 0
    spent: int = 0
    lately: int = 0
    pending: str | None = None


@dataclass(slots=True)
class Totals:
    """The sums of several customers, by customer id."""

    tiers: Mapping[str, str | None]
    groups: Mapping[Scope, Mapping[str, list[Group]]]
    taken: Mapping[tuple[str, str], Taken] = field(default_factory=dict)

    def of(self, customer_id: str, scope: Scope) -> list[Group]:
        """A customer's groups of purchases."""
        return self.groups.get(scope, {}).get(customer_id, [])


def scope_of(parameters: Parameters) -> Scope:
    """Which purchases these parameters count."""
    product = parameters.product if isinstance(parameters, EveryNth) else None
    return Scope(parameters.since, key_of(product) if product else None)


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
    scopes = {Scope()} | {scope_of(parameters) for _, parameters in pairs}
    groups: dict[Scope, dict[str, list[Group]]] = {}
    for since in {scope.since for scope in scopes}:
        mine = [scope for scope in scopes if scope.since == since]
        within = _within(customer_ids, since, zone)
        if any(scope.product is None for scope in mine):
            groups[Scope(since)] = _purchases(session, within)
        if products := {scope.product for scope in mine if scope.product is not None}:
            groups |= _of_products(session, within, since, products)
    tiers = select_rows(Customer.id, Customer.tier).where(col(Customer.id).in_(customer_ids))
    return Totals(
        dict(session.exec(tiers).all()),
        groups,
        _taken(session, customer_ids, pairs, now),
    )


def _within(customer_ids: Collection[str], since: date | None, zone: ZoneInfo) -> ColumnElement[bool]:
    within = and_(PURCHASE.c.customer_id.in_(customer_ids), BOUGHT)
    if since is None:
        return within
    return and_(within, PURCHASE.c.at >= datetime.combine(since, time(), zone))


def _sums(within: ColumnElement[bool]) -> Select[Any]:
    names = [PURCHASE.c.customer_id, PURCHASE.c.currency, PURCHASE.c.payment]
    net = func.sum(PURCHASE.c.amount - PURCHASE.c.returned)
    columns: list[ColumnElement[Any]] = [*names, func.count(), net, func.min(PURCHASE.c.at)]
    return select(*columns).where(within).group_by(*names)


def _purchases(session: Session, within: ColumnElement[bool]) -> dict[str, list[Group]]:
    groups: dict[str, list[Group]] = defaultdict(list)
    for customer, currency, payment, count, net, first_at in session.connection().execute(_sums(within)):
        groups[customer].append(Group(currency, payment, count, int(net), first_at))
    return groups


def _of_products(
    session: Session, within: ColumnElement[bool], since: date | None, products: Collection[str]
) -> dict[Scope, dict[str, list[Group]]]:
    """The groups of each product; a purchase with two lines of it counts once."""
    names = (ITEM.c.product_key, PURCHASE.c.customer_id, PURCHASE.c.payment)
    counted = (
        select(*names, func.count(PURCHASE.c.id.distinct()), func.min(PURCHASE.c.at))
        .join_from(PURCHASE, ITEM, ITEM.c.purchase_id == PURCHASE.c.id)
        .where(within, ITEM.c.product_key.in_(products))
        .group_by(*names)
    )
    groups: dict[Scope, dict[str, list[Group]]] = {
        Scope(since, product): defaultdict(list) for product in products
    }
    for product, customer, payment, count, first_at in session.connection().execute(counted):
        groups[Scope(since, product)][customer].append(Group("", payment, count, 0, first_at))
    return groups


def _taken(
    session: Session,
    customer_ids: Collection[str],
    programmes: Iterable[tuple[Programme, Parameters]],
    now: datetime,
) -> dict[tuple[str, str], Taken]:
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
        (customer, programme): Taken(times, int(spent), recent, asked)
        for customer, programme, times, spent, recent, asked in session.connection().execute(rows)
    }
