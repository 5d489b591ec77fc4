"""Tiers against a slow, plain reference: of any purchases, in any order, at any hour."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, delete, select, update

from callcrm.business import settings as business_settings
from callcrm.business.tiers import Amount, Benefits, Rule, Tier, Tiers
from callcrm.calls.runtime import build_runtime
from callcrm.crm.tiers import facts, preview, run, standing
from callcrm.models import Customer
from callcrm.models.crm.purchase import CustomerWorth, Purchase
from callcrm.models.crm.tier import TierRun, TierStanding
from callcrm.models.delete_some import SOME
from callcrm.store.store import Store
from tests.clocks import SetClock
from tests.crm.tiers.conftest import keep_worth
from tests.running_app import proven_flows, settings_for

ZONE = ZoneInfo("Europe/Zurich")
# A leap day, both nights on which the clocks change, the end of a year, and what is just beside a window.
MOMENTS = [
    datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
    datetime(2025, 3, 30, 2, 30, tzinfo=ZONE).astimezone(UTC),
    datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=ZONE).astimezone(UTC),
    datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
    datetime(2026, 3, 1, tzinfo=UTC),
]
WINDOWS = [None, 1, 30, 365, 366]
CURRENCIES = ["USD", "EUR", "IRR"]
TIMES = st.one_of(
    st.sampled_from(MOMENTS),
    st.builds(
        lambda moment, days, seconds: moment - timedelta(days=days, seconds=seconds),
        st.sampled_from(MOMENTS),
        st.sampled_from([0, 1, 30, 365, 366, 730, 731]),
        st.sampled_from([-1, 0, 1]),
    ),
)
AMOUNTS = st.sampled_from([0, 1, 99, 100, 101, 5000])


@st.composite
def bought(draw: st.DrawFn) -> dict[str, Any]:
    """A purchase and what came back of it."""
    amount = draw(AMOUNTS)
    return {
        "at": draw(TIMES),
        "currency": draw(st.sampled_from(CURRENCIES)),
        "amount": amount,
        "returned": draw(st.sampled_from([0, 0, amount // 2, amount])),
        "payment": draw(st.sampled_from(["cash", "card"])),
    }


LIMITS = st.builds(Amount, amount=AMOUNTS, currency=st.sampled_from(CURRENCIES))
RULES = st.builds(
    Rule,
    window_days=st.sampled_from(WINDOWS),
    spent=st.one_of(st.none(), LIMITS),
    purchases=st.sampled_from([None, None, 0, 1, 2, 3]),
    large_order=st.one_of(st.none(), st.none(), LIMITS),
    cash_share=st.sampled_from([None, None, 0, 0.1, 0.5, 1]),
    years=st.sampled_from([None, None, None, 0, 0.5, 1, 2]),
)


def meets(rule: Rule, purchases: Iterable[dict[str, Any]], now: datetime) -> bool:
    """Whether a rule is met, in plain steps."""
    kept = [row for row in purchases if not (row["returned"] and row["returned"] == row["amount"])]
    within = [
        row for row in kept if rule.window_days is None or now - row["at"] <= timedelta(days=rule.window_days)
    ]

    def net(row: dict[str, Any]) -> int:
        return int(row["amount"] - row["returned"])

    def of(limit: Amount) -> list[int]:
        return [net(row) for row in within if row["currency"] == limit.currency]

    if rule.purchases is not None and len(within) < rule.purchases:
        return False
    if rule.spent is not None and sum(of(rule.spent)) < rule.spent.amount:
        return False
    if rule.large_order is not None and max(of(rule.large_order), default=0) < rule.large_order.amount:
        return False
    return _has_cash(rule, within, net) and _has_years(rule, kept, now)


def _has_cash(rule: Rule, within: Sequence[dict[str, Any]], net: Any) -> bool:
    if not rule.cash_share:
        return True
    shares = []
    for currency in CURRENCIES:
        rows = [row for row in within if row["currency"] == currency]
        if sum(map(net, rows)) > 0:
            cash = sum(net(row) for row in rows if row["payment"] == "cash")
            shares.append(Fraction(cash, sum(map(net, rows))))
    return bool(shares) and all(share >= Fraction(str(rule.cash_share)) for share in shares)


def _has_years(rule: Rule, kept: Sequence[dict[str, Any]], now: datetime) -> bool:
    if not rule.years:
        return True
    if not kept:
        return False
    first = min(row["at"] for row in kept)
    whole = int(rule.years)
    try:
        passed = first.replace(year=first.year + whole)
    except ValueError:  # 29 February
        passed = first.replace(year=first.year + whole, month=3, day=1)
    return bool(passed + timedelta(days=(rule.years - whole) * 365.25) <= now)


def expected(tiers: Sequence[Tier], purchases: Iterable[dict[str, Any]], now: datetime) -> str | None:
    rows = list(purchases)
    return next((tier.code for tier in tiers if meets(tier.rule, rows, now)), None)


def tiers_of(rules: Sequence[Rule]) -> list[Tier]:
    return [
        Tier(code=f"t{rank}", name=f"T{rank}", rank=rank, rule=rule, benefits=Benefits())
        for rank, rule in enumerate(rules, 1)
    ]


def put(session: Session, tiers: Sequence[Tier], now: datetime) -> None:
    business_settings.put(session, "tiers", [tier.model_dump() for tier in tiers], by=None, now=now)


def refill(
    session: Session, tiers: Sequence[Tier], shop: Sequence[Sequence[dict[str, Any]]], now: datetime
) -> None:
    """A shop with these tiers and these customers' purchases, of whom nothing is known yet."""
    for model in (Purchase, CustomerWorth, TierStanding, TierRun, Customer):
        session.exec(delete(model))
    put(session, tiers, now)
    for number, rows in enumerate(shop):
        customer = f"c{number}"
        session.add(Customer(id=customer, name="Mina", search_text="mina", created_at=now, updated_at=now))
        session.flush()
        purchases = [
            Purchase(id=f"p{number}.{place}", customer_id=customer, created_at=now, **row)
            for place, row in enumerate(rows)
        ]
        session.add_all(purchases)
        keep_worth(session, customer, purchases)
    session.flush()


def present(session: Session) -> dict[str, str | None]:
    rows = session.exec(select(Customer.id, Customer.tier).order_by(col(Customer.id)))
    return dict(rows.all())


SHOPS = st.lists(st.lists(bought(), max_size=6), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.lists(RULES, min_size=1, max_size=4), shop=SHOPS, now=st.sampled_from(MOMENTS))
def test_a_tier_is_what_the_reference_says(
    store: Store, rules: list[Rule], shop: list[list[dict[str, Any]]], now: datetime
) -> None:
    tiers = tiers_of(rules)
    wanted = {f"c{number}": expected(tiers, rows, now) for number, rows in enumerate(shop)}

    def verb(session: Session) -> dict[str, str | None]:
        refill(session, tiers, shop, now)
        standing.update(session, list(wanted), now)
        return present(session)

    assert store.write_now(verb) == wanted


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rules=st.lists(RULES, min_size=1, max_size=3),
    others=st.lists(RULES, min_size=1, max_size=3),
    shop=SHOPS,
    days=st.sampled_from([0, 1, 29, 30, 31, 364, 365, 366]),
)
def test_the_night_makes_what_starting_anew_would_and_the_preview_says_it_before(
    store: Store, tmp_path: Any, rules: list[Rule], others: list[Rule], shop: Any, days: int
) -> None:
    began, now = MOMENTS[-1], MOMENTS[-1] + timedelta(days=days, hours=20)
    runtime_settings = settings_for("sqlite:///unused.sqlite3", tmp_path)
    runtime = build_runtime(runtime_settings, proven_flows(runtime_settings.flows))
    customers = [f"c{number}" for number in range(len(shop))]

    def fill(session: Session) -> None:
        refill(session, tiers_of(rules), shop, began)
        standing.update(session, customers, began)

    store.write_now(fill)
    before = store.read_now(present)
    said = preview_of(store, tiers_of(others), now)
    store.write_now(lambda session: put(session, tiers_of(others), now))
    while store.write_now(lambda session: run.nightly(session, runtime, now)) >= SOME:
        pass
    after = store.read_now(present)
    assert after == {f"c{n}": expected(tiers_of(others), rows, now) for n, rows in enumerate(shop)}
    assert said == Counter((before[c], after[c]) for c in customers if before[c] != after[c])


def preview_of(store: Store, tiers: Sequence[Tier], now: datetime) -> preview.Moves:
    """The moves that the preview says."""
    shown = asyncio.run(preview.preview(store, tiers, now))
    return Counter({(move.from_, move.to): move.customers for move in shown.moves})


def test_what_changes_nothing_writes_nothing(store: Store, clock: SetClock) -> None:
    tiers = tiers_of([Rule(purchases=1, window_days=365)])
    row = {"at": clock.now(), "currency": "USD", "amount": 100, "returned": 0, "payment": "cash"}

    def verb(session: Session) -> int:
        refill(session, tiers, [[row], []], clock.now())
        standing.update(session, ["c0", "c1"], clock.now())
        batch = standing.next_batch(session, "", lock=True)
        bought_by = facts.of_range(session, tiers, "", "c1", clock.now())
        return standing.write(session, Tiers(tuple(tiers)), batch, bought_by, clock.now())

    assert store.write_now(verb) == 0


def test_a_run_that_was_killed_goes_on_where_it_stopped(
    store: Store, clock: SetClock, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MOST_PURCHASES", 1)
    runtime_settings = settings_for("sqlite:///unused.sqlite3", tmp_path)
    runtime = build_runtime(runtime_settings, proven_flows(runtime_settings.flows))
    row = {"at": clock.now(), "currency": "USD", "amount": 100, "returned": 0, "payment": "cash"}
    tiers = tiers_of([Rule(purchases=1, window_days=10)])
    store.write_now(lambda session: refill(session, tiers, [[row]] * 3, clock.now()))

    def nightly() -> int:
        return store.write_now(lambda session: run.nightly(session, runtime, clock.now()))

    assert nightly() == SOME
    store.write_now(
        lambda session: session.connection().execute(update(Customer).values(tier="mark")).rowcount
    )
    while nightly() >= SOME:
        pass
    assert store.read_now(present) == {"c0": "mark", "c1": "t1", "c2": "t1"}
    assert nightly() == 0
    clock.advance(11 * 86400)
    while nightly() >= SOME:
        pass
    assert store.read_now(present) == {"c0": None, "c1": None, "c2": None}
    clock.advance(365 * 86400)  # wrong for a moment, as after a power cut
    while nightly() >= SOME:
        pass
    clock.advance(-364 * 86400)
    assert nightly() == SOME
