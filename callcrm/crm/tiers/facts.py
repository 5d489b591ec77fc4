"""What customers bought, added up by the store: one statement for each window that rules look at."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlmodel import Session, col

from callcrm.business.tiers import Tier
from callcrm.crm.tiers.rules import CASH, Bought, Facts, Period, window_start, windows
from callcrm.models.crm.purchase import Purchase
from callcrm.store.batches.among import among

CUSTOMER, NET = col(Purchase.customer_id), col(Purchase.amount) - col(Purchase.returned)
# What came back whole counts as not bought. What cost nothing, such as the tenth that is free, was bought.
COUNTS = or_(col(Purchase.returned) == 0, col(Purchase.returned) < col(Purchase.amount))


def of_customers(
    session: Session, tiers: Sequence[Tier], ids: Collection[str], now: datetime
) -> Mapping[str, Facts]:
    """By customer, the facts that the rules of these tiers look at."""
    return _facts(session, tiers, among(session, CUSTOMER, ids), now)


def of_range(
    session: Session, tiers: Sequence[Tier], after: str, last: str, now: datetime
) -> Mapping[str, Facts]:
    """The same of customers whose ids are after the one and not after the other."""
    return _facts(session, tiers, and_(after < CUSTOMER, last >= CUSTOMER), now)


def of_everybody(session: Session, tiers: Sequence[Tier], now: datetime) -> Mapping[str, Facts]:
    """The same of all customers, in one pass."""
    return _facts(session, tiers, true(), now)


def _facts(
    session: Session, tiers: Sequence[Tier], whose: ColumnElement[bool], now: datetime
) -> Mapping[str, Facts]:
    facts: dict[str, Facts] = defaultdict(Facts)
    for window in windows(tiers):
        start = window_start(window, now)
        bought = [whose, COUNTS] if start is None else [whose, COUNTS, col(Purchase.at) >= start]
        cash = func.sum(case((col(Purchase.payment) == CASH, NET), else_=0))
        sums = select(
            CUSTOMER, col(Purchase.currency), func.count(), func.sum(NET), func.max(NET), cash
        ).where(*bought)
        rows = session.connection().execute(sums.group_by(CUSTOMER, col(Purchase.currency)))
        for customer, currency, count, spent, largest, paid in rows:
            period = facts[customer].periods.setdefault(window, Period())
            period.add(currency, count, Bought(int(spent), int(largest), int(paid)))
    if any(tier.rule.years for tier in tiers):
        first = select(CUSTOMER, func.min(col(Purchase.at))).where(whose, COUNTS).group_by(CUSTOMER)
        for customer, at in session.connection().execute(first):
            facts[customer].first_at = at
    return facts
