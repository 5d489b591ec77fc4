"""How customers stand with programmes: the engine's sums against a slow reference."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import count
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlmodel import Session

from callcrm.base.errors import RefusedByRule
from callcrm.crm import merge
from callcrm.crm.loyalty import programmes, redemptions
from callcrm.crm.loyalty.parameters import Parameters, parse
from callcrm.crm.loyalty.redemptions import Actor
from callcrm.crm.loyalty.standing import Obstacle, Standing, active_standings, standings
from callcrm.crm.seams import SEAMS
from callcrm.models import Customer
from callcrm.models.crm.loyalty import Programme
from callcrm.models.crm.purchase import Purchase
from callcrm.store.store import Store
from tests.crm.loyalty.shopping import item, purchase
from tests.crm.loyalty.slow import Bought, Ledger
from tests.shop import NOON, Shop

NOW = NOON
ZONE = ZoneInfo("UTC")
SARA = Actor("sara", supervises=True, now=NOW, zone=ZONE)
USD = {"currency": "USD"}
POINTS = {"per": {"amount": 700, **USD}, "points": 3, "worth": {"amount": 2, **USD}}
KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "third": ("every_nth", {"n": 3}),
    "soap": ("every_nth", {"n": 2, "product": "Soap"}),
    "cash": ("every_nth", {"n": 3, "payment": "cash"}),
    "mug": ("gift", {"gift": "a mug", "n": 4}),
    "points": ("points", POINTS),
    "paid": ("points", {**POINTS, "payment": "cash"}),
    "five": ("percent", {"percent": 5}),
}
PARSED: dict[str, Parameters] = {name: parse(kind, values) for name, (kind, values) in KINDS.items()}
NUMBERS = count(1)
AGENTS = 8

BUY = st.builds(
    Bought,
    products=st.lists(st.sampled_from(["Soap", "SOAP", "Coat"]), max_size=3).map(tuple),
    payment=st.sampled_from(["cash", "card"]),
    currency=st.sampled_from(["USD", "EUR"]),
    amount=st.integers(1, 3000),
    returned=st.just(0),
)
BRING_BACK = st.tuples(st.integers(0, 30), st.integers(1, 3000))
REDEEM = st.sampled_from(sorted(KINDS))
HAPPENINGS = st.lists(st.one_of(BUY, BRING_BACK, REDEEM), max_size=25)


@pytest.fixture
def shop(store: Store) -> Shop:
    """A shop with every programme."""
    shop = Shop(store)
    for name, (kind, values) in KINDS.items():
        shop.add(Programme(id=name, name=name, kind=kind, parameters=values, created_at=NOON))
    return shop


class Regular:
    """A customer to whom things happen, in the store and in the reference alike."""

    def __init__(self, session: Session) -> None:
        self.id = f"cus_{next(NUMBERS)}"
        self.ledger = Ledger()
        self._rows: list[Purchase] = []
        self._session = session
        session.add(Customer(id=self.id, name="R", search_text="r", created_at=NOON, updated_at=NOON))
        session.flush()

    def live(self, happenings: Sequence[object]) -> None:
        """Everything happens in this order."""
        for happening in happenings:
            if isinstance(happening, Bought):
                self._buy(happening)
            elif isinstance(happening, tuple):
                self._bring_back(*happening)
            else:
                self._redeem(str(happening))

    def _buy(self, bought: Bought) -> None:
        bought = Bought(**vars(bought))  # hypothesis keeps what it made
        row = purchase(self.id, bought.amount, payment=bought.payment, currency=bought.currency)
        self._session.add(row)
        self._session.flush()
        for position, product in enumerate(bought.products):
            self._session.add(item(row, product, position))
        self._rows.append(row)
        self.ledger.bought.append(bought)

    def _bring_back(self, which: int, amount: int) -> None:
        if self._rows:
            row, bought = self._rows[which % len(self._rows)], self.ledger.bought[which % len(self._rows)]
            bought.returned = row.returned = min(row.amount, row.returned + amount)
            self._session.add(row)

    def _redeem(self, name: str) -> None:
        balance = self.ledger.balance(name, PARSED[name])
        if self.ledger.remaining(name, PARSED[name]):
            with pytest.raises(RefusedByRule) as refused:
                redemptions.redeem(self._session, self.id, name, SARA)
            assert refused.value.code == "nothing-to-redeem"
            return
        row = redemptions.redeem(self._session, self.id, name, SARA)
        assert row.spent == (0 if name == "five" else balance)
        self.ledger.spent.setdefault(name, []).append(row.spent)


def shown(session: Session, customer_id: str) -> dict[str, Standing]:
    """How a customer stands, by programme."""
    rows = [programmes.get(session, name) for name in KINDS]
    by_customer = standings(session, [customer_id], rows, now=NOW, zone=ZONE)
    return dict(zip(KINDS, by_customer[customer_id], strict=True))


def check(session: Session, customer_id: str, ledger: Ledger) -> None:
    """What the engine sums up is what the reference counts."""
    for name, standing in shown(session, customer_id).items():
        parameters = PARSED[name]
        assert standing.balance == ledger.balance(name, parameters), name
        assert standing.remaining == ledger.remaining(name, parameters), name


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=HAPPENINGS, others=HAPPENINGS)
def test_sums_are_those_of_a_slow_reference_also_after_a_merge(
    shop: Shop, happenings: list[object], others: list[object]
) -> None:
    def verb(session: Session) -> None:
        rosa, ben = Regular(session), Regular(session)
        rosa.live(happenings)
        ben.live(others)
        check(session, rosa.id, rosa.ledger)
        check(session, ben.id, ben.ledger)
        merge.move(session, SEAMS, ben.id, rosa.id)
        check(session, rosa.id, rosa.ledger.joined(ben.ledger))
        check(session, ben.id, Ledger())

    shop.do(verb)


def stand(shop: Shop, customer_id: str, kind: str = "percent", **values: object) -> Standing:
    """How a customer stands with a programme of these parameters."""

    def verb(session: Session) -> Standing:
        name = f"prg_{next(NUMBERS)}"
        row = Programme(id=name, name=name, kind=kind, parameters=values, created_at=NOON)
        session.add(row)
        session.flush()
        return standings(session, [customer_id], [row], now=NOW, zone=ZONE)[customer_id][0]

    return shop.do(verb)


def test_a_programme_is_for_a_tier_and_for_years(shop: Shop) -> None:
    ana = shop.customer("Ana", tier="gold")
    shop.add(purchase(ana, at=NOON - timedelta(days=3 * 366)))
    assert stand(shop, ana, percent=5, tier="gold").is_due
    assert stand(shop, ana, percent=5, tier="silver").obstacle == Obstacle.TIER
    assert stand(shop, ana, percent=5, years=3).is_due
    assert stand(shop, ana, percent=5, years=4).obstacle == Obstacle.YEARS


def test_a_gift_comes_after_years_and_again_after_as_many(shop: Shop) -> None:
    ana = shop.customer("Ana")
    shop.add(purchase(ana, at=NOON - timedelta(days=5 * 366)))
    gift = shop.add(
        Programme(id="g", name="g", kind="gift", parameters={"gift": "a mug", "years": 2}, created_at=NOON)
    )
    assert shop.do(redemptions.redeem, ana, gift.id, SARA).spent == 4
    standing = shop.do(lambda session: standings(session, [ana], [gift], now=NOW, zone=ZONE))[ana][0]
    assert (standing.is_due, standing.balance) == (False, 1)


def test_purchases_count_from_a_day_of_the_business_on(shop: Shop) -> None:
    ana = shop.customer("Ana")
    shop.add(purchase(ana, at=NOON))
    shop.add(purchase(ana, at=NOON - timedelta(days=1)))
    shop.add(purchase(ana, at=NOON - timedelta(days=30)))
    day = str((NOON - timedelta(days=1)).date())
    assert stand(shop, ana, "every_nth", n=10, since=day).balance == 2
    assert stand(shop, ana, "every_nth", n=10).balance == 3


@pytest.mark.parametrize(
    ("limits", "times"),
    [({"per_customer": 2}, 2), ({"per_days": 7}, 1), ({"per_customer": 2, "per_days": 7}, 2)],
)
def test_it_is_redeemed_no_oftener_than_the_programme_allows(
    shop: Shop, limits: dict[str, int], times: int
) -> None:
    ana = shop.customer("Ana")
    programme = Programme(
        id="p", name="p", kind="percent", parameters={"percent": 5, **limits}, created_at=NOON
    )
    shop.add(programme)
    for _ in range(times):
        shop.do(redemptions.redeem, ana, "p", SARA)
    with pytest.raises(RefusedByRule) as refused:
        shop.do(redemptions.redeem, ana, "p", SARA)
    assert refused.value.code == "nothing-to-redeem"
    later = Actor("sara", supervises=True, now=NOW + timedelta(days=8), zone=ZONE)
    if "per_days" in limits:
        shop.do(redemptions.redeem, ana, "p", later)
    else:
        with pytest.raises(RefusedByRule):
            shop.do(redemptions.redeem, ana, "p", later)


def test_of_two_who_redeem_the_same_ninth_one_gets_it(shop: Shop) -> None:
    ana = shop.customer("Ana")
    for _ in range(2):
        shop.add(purchase(ana))
    start = Barrier(AGENTS)

    def redeem(number: int) -> str:
        start.wait()
        actor = Actor(f"agent{number}", supervises=False, now=NOW, zone=ZONE)
        try:
            return str(shop.do(redemptions.redeem, ana, "third", actor).state)
        except RefusedByRule as fault:
            return fault.code

    with ThreadPoolExecutor(AGENTS) as pool:
        answers = sorted(pool.map(redeem, range(AGENTS)))
    assert answers == [*["nothing-to-redeem"] * (AGENTS - 1), "redeemed"]


def test_a_list_of_customers_takes_as_many_statements_as_one(shop: Shop) -> None:
    people = [shop.customer(f"Ana {number}") for number in range(20)]
    for customer in people:
        shop.add(purchase(customer))

    def statements(ids: Sequence[str]) -> int:
        asked: list[str] = []
        listen = partial(_collect, asked)
        event.listen(shop.store.engine, "before_cursor_execute", listen)
        shop.do(lambda session: active_standings(session, ids, now=NOW, zone=ZONE))
        event.remove(shop.store.engine, "before_cursor_execute", listen)
        return len(asked)

    assert statements(people) == statements(people[:1]) <= 6


def _collect(asked: list[str], _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
    if statement.startswith("SELECT"):
        asked.append(statement)
