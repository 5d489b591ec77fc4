"""Which tier a customer's purchases put them in: pure, so that it can be read and tested without a store.

Amounts of two currencies are never added: a limit of money looks at its currency alone, and the share paid in
cash must be met in each currency that something was bought in.
"""

from calendar import isleap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import floor
from typing import Any

from callcrm.business.tiers import Rule, Tier

DAYS_IN_A_YEAR = 365.25  # of a part of one
CASH = "cash"


@dataclass(frozen=True, slots=True)
class Bought:
    """What was bought in one currency, less what came back: the sum, the largest, what was paid in cash."""

    spent: int = 0
    largest: int = 0
    cash: int = 0


@dataclass(slots=True)
class Period:
    """What was bought within a window: how many purchases, and amounts by currency."""

    purchases: int = 0
    bought: dict[str, Bought] = field(default_factory=dict)

    def add(self, currency: str, purchases: int, bought: Bought) -> None:
        """Takes in what was bought in one more currency."""
        self.purchases += purchases
        self.bought[currency] = bought

    def in_currency(self, code: str) -> Bought:
        """What was bought in this currency."""
        return self.bought.get(code, NOTHING)

    def cash_share(self) -> Decimal | None:
        """The least share that was paid in cash in any currency; None where nothing was paid."""
        shares = [Decimal(sums.cash) / Decimal(sums.spent) for sums in self.bought.values() if sums.spent > 0]
        return min(shares, default=None)


NOTHING = Bought()


@dataclass(slots=True)
class Facts:
    """What rules are held against: what was bought by window in days, None for ever, and since when."""

    periods: dict[int | None, Period] = field(default_factory=dict)
    first_at: datetime | None = None

    def period(self, window: int | None) -> Period:
        """What was bought within this window."""
        return self.periods.get(window) or Period()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say of a customer: the code of their tier, and the facts that its rule asks for."""

    tier: str | None
    facts: Mapping[str, Any]


def window_start(window: int | None, now: datetime) -> datetime | None:
    """When a window begins that ends now; None for ever. Its days have 24 hours."""
    return None if window is None else now - timedelta(days=window)


def windows(tiers: Iterable[Tier]) -> set[int | None]:
    """The windows that the rules of these tiers look at."""
    return {tier.rule.window_days for tier in tiers if set(tier.rule.limits) - {"years"}}


def anniversary(first: datetime, years: float) -> datetime:
    """When this many years have passed: whole ones by the calendar (UTC), 29 February's on 1 March."""
    whole = floor(years)
    day = first.astimezone(UTC)
    year = day.year + whole
    if (day.month, day.day) == (2, 29) and not isleap(year):
        day = day.replace(month=3, day=1)
    return day.replace(year=year) + timedelta(days=(years - whole) * DAYS_IN_A_YEAR)


def years_since(first: datetime, now: datetime) -> int:
    """How many whole years have passed."""
    years = max(0, now.year - first.year)
    return years if anniversary(first, years) <= now else max(0, years - 1)


def lacking(rule: Rule, facts: Facts, now: datetime) -> dict[str, Any]:
    """By limit what is missing to it: purchases, minor units, a share, or when it will be met. Empty if all
    are met.
    """
    period = facts.period(rule.window_days)
    missing: dict[str, Any] = {}
    if rule.purchases is not None and period.purchases < rule.purchases:
        missing["purchases"] = rule.purchases - period.purchases
    if rule.spent is not None:
        lack = rule.spent.amount - period.in_currency(rule.spent.currency).spent
        missing |= {"spent": lack} if lack > 0 else {}
    if rule.large_order is not None:
        largest = period.in_currency(rule.large_order.currency).largest
        missing |= {"large_order": rule.large_order.amount} if largest < rule.large_order.amount else {}
    if rule.cash_share and not _has_cash_share(period, rule.cash_share):
        missing["cash_share"] = rule.cash_share
    if rule.years and not (facts.first_at and anniversary(facts.first_at, rule.years) <= now):
        missing["years"] = anniversary(facts.first_at, rule.years) if facts.first_at else None
    return missing


def _has_cash_share(period: Period, limit: float) -> bool:
    share = period.cash_share()
    return share is not None and share >= Decimal(str(limit))


def standing(tiers: Iterable[Tier], facts: Facts, now: datetime) -> Standing:
    """The best of these tiers, of which that comes first, whose limits are all met."""
    for tier in tiers:
        if not lacking(tier.rule, facts, now):
            return Standing(tier.code, reasons(tier.rule, facts))
    return Standing(None, {})


def reasons(rule: Rule, facts: Facts) -> dict[str, Any]:
    """The facts that the rule asks for, as they are kept: JSON."""
    period = facts.period(rule.window_days)
    kept: dict[str, Any] = {}
    if rule.purchases:
        kept["purchases"] = period.purchases
    if rule.spent and rule.spent.amount:
        code = rule.spent.currency
        kept["spent"] = {"amount": period.in_currency(code).spent, "currency": code}
    if rule.large_order and rule.large_order.amount:
        code = rule.large_order.currency
        kept["large_order"] = {"amount": period.in_currency(code).largest, "currency": code}
    if rule.cash_share:
        kept["cash_share"] = floor((period.cash_share() or 0) * 100) / 100
    if kept and rule.window_days:
        kept["window_days"] = rule.window_days
    if rule.years and facts.first_at:
        kept["first_at"] = facts.first_at.astimezone(UTC).isoformat()
    return kept
