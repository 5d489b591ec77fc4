"""What customers bought, added up by the store: one statement for each window that rules look at."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, true
from sqlmodel import Session, col

from callcrm.business.tiers import Tier
from callcrm.crm.tiers.rules import CASH, Bought, Facts, Period, window_start, windows
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Purchase
from callcrm.store.batches.among import among

CUSTOMER, NET = col(Purchase.customer_id), col(Purchase.amount) - col(Purchase.returned)
# What came back whole counts as not bought. What cost nothing, such as the tenth that is free, was bought.
COUNTS = or_(col(Purchase.returned) == 0, col(Purchase.returned) < col(Purchase.amount))


EARLIEST = datetime.min.replace(tzinfo=UTC)
_SINCE = bindparam("since", type_=table_of(Purchase).c.at.type)
_SUMS = select(
    CUSTOMER,
    col(Purchase.currency),
    func.count(),
    func.sum(NET),
    func.max(NET),
    func.sum(case((col(Purchase.payment) == CASH, NET), else_=0)),
).group_by(CUSTOMER, col(Purchase.currency))
_FIRST = select(CUSTOMER, func.min(col(Purchase.at))).group_by(CUSTOMER)


class _Statements:
    """What is asked of these customers' purchases: constants, for each purchase that is written asks them."""

    def __init__(self, whose: ColumnElement[bool]) -> None:
        self.sums = _SUMS.where(whose, COUNTS, col(Purchase.at) >= _SINCE)
        self.first = _FIRST.where(whose, COUNTS)


_OF_CUSTOMERS = _Statements(among(CUSTOMER))
_OF_RANGE = _Statements(and_(bindparam("after") < CUSTOMER, bindparam("last") >= CUSTOMER))
_OF_EVERYBODY = _Statements(true())


def of_customers(
    session: Session, tiers: Sequence[Tier], ids: Collection[str], now: datetime
) -> Mapping[str, Facts]:
    """By customer, the facts that the rules of these tiers look at."""
    return _facts(session, tiers, now, _OF_CUSTOMERS, keys=ids)


def of_range(
    session: Session, tiers: Sequence[Tier], after: str, last: str, now: datetime
) -> Mapping[str, Facts]:
    """The same of customers whose ids are after the one and not after the other."""
    return _facts(session, tiers, now, _OF_RANGE, after=after, last=last)


def of_everybody(session: Session, tiers: Sequence[Tier], now: datetime) -> Mapping[str, Facts]:
    """The same of all customers, in one pass."""
    return _facts(session, tiers, now, _OF_EVERYBODY)


def _facts(
    session: Session, tiers: Sequence[Tier], now: datetime, statements: _Statements, **whose: Any
) -> Mapping[str, Facts]:
    facts: dict[str, Facts] = defaultdict(Facts)
    execute = session.connection().execute
    for window in windows(tiers):
        since = window_start(window, now) or EARLIEST
        rows = execute(statements.sums, {**whose, "since": since}).all()
        for customer, currency, count, spent, largest, paid in rows:
            period = facts[customer].periods.setdefault(window, Period())
            period.add(currency, count, Bought(int(spent), int(largest), int(paid)))
    if any(tier.rule.years for tier in tiers):
        for customer, at in execute(statements.first, whose).all():
            facts[customer].first_at = at
    return facts
