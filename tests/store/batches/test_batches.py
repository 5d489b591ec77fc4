"""Many rows at once: what is stored is what SQLAlchemy would have stored."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from callcrm.base.errors import Refused
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Product
from callcrm.models.crm.tier import TierStanding
from callcrm.store.batches.among import among
from callcrm.store.batches.writes import insert_rows, update_rows
from callcrm.store.store import Store
from tests.shop import Shop

PRODUCT, STANDING, CUSTOMER = table_of(Product), table_of(TierStanding), table_of(Customer)
NOW = datetime(2026, 1, 5, 12, 0, 0, 250, tzinfo=UTC)
AWAY = timezone(timedelta(hours=3, minutes=30))


def product(key: str, name: str = "Hat", at: datetime = NOW) -> dict[str, Any]:
    return {"id": f"prd_{key}", "key": key, "name": name, "search_text": name, "created_at": at}


def products(store: Store) -> list[tuple[str, str, datetime]]:
    columns = select(PRODUCT.c.key, PRODUCT.c.name, PRODUCT.c.created_at).order_by(PRODUCT.c.key)
    return store.read_now(lambda session: [tuple(row) for row in session.connection().execute(columns)])


def test_rows_are_inserted_unless_there_is_one(store: Store) -> None:
    local = NOW.astimezone(AWAY)
    store.write_now(lambda session: insert_rows(session, PRODUCT, [product("a"), product("b", "کلاه «نو»")]))
    again = [product("a", "Other"), product("c", "Scarf", local)]
    store.write_now(lambda session: insert_rows(session, PRODUCT, again, "(key) DO NOTHING"))
    assert products(store) == [("a", "Hat", NOW), ("b", "کلاه «نو»", NOW), ("c", "Scarf", NOW)]


def test_rows_are_changed_by_their_key(store: Store) -> None:
    mina, omid = (
        Shop(store).customer(name, phone)
        for name, phone in (("Mina", "+12025550134"), ("Omid", "+12025550135"))
    )

    def row(customer: str, tier: str | None, count: int) -> dict[str, Any]:
        return {"customer_id": customer, "tier": tier, "facts": {"purchases": count}, "changed_at": NOW}

    def stored(session: Session) -> dict[str, tuple[str | None, Any]]:
        rows = session.connection().execute(select(STANDING.c.customer_id, STANDING.c.tier, STANDING.c.facts))
        return {customer: (tier, facts) for customer, tier, facts in rows}

    store.write_now(
        lambda session: insert_rows(session, STANDING, [row(mina, "gold", 1), row(omid, None, 2)])
    )
    changed = [row(omid, "silver", 3), row("cus_gone", "gold", 4)]
    store.write_now(lambda session: update_rows(session, STANDING, "customer_id", changed))
    assert store.read_now(stored) == {mina: ("gold", {"purchases": 1}), omid: ("silver", {"purchases": 3})}


def test_a_row_that_is_changed_is_a_version_further(store: Store) -> None:
    mina, omid = (Shop(store).customer(name, f"+1202555013{name[-1]}") for name in ("Mina 4", "Omid 5"))
    moved = [{"id": mina, "tier": "gold"}]
    store.write_now(lambda session: update_rows(session, CUSTOMER, "id", moved))
    columns = select(CUSTOMER.c.id, CUSTOMER.c.tier, CUSTOMER.c.version)
    rows = store.read_now(lambda session: session.connection().execute(columns).all())
    assert {row.id: (row.tier, row.version) for row in rows} == {mina: ("gold", 2), omid: (None, 1)}


@pytest.mark.parametrize("key", ["x" * 201, "a\0b"])
def test_what_a_column_can_t_hold_is_refused(store: Store, key: str) -> None:
    with pytest.raises(Refused):
        store.write_now(
            lambda session: insert_rows(session, PRODUCT, [product("a"), {**product("b"), "key": key}])
        )
    assert products(store) == []


def test_any_number_of_values_is_looked_for(store: Store) -> None:
    store.write_now(lambda session: insert_rows(session, PRODUCT, [product(f"k{n}") for n in range(50)]))

    def among_these(wanted: list[str]) -> list[str]:
        keys = select(PRODUCT.c.key).where(among(PRODUCT.c.key)).order_by(PRODUCT.c.key)
        return store.read_now(
            lambda session: list(session.connection().execute(keys, {"keys": wanted}).scalars())
        )

    assert among_these([]) == []
    assert among_these(["k7", "none", 'a"b', "k3", "k7"]) == ["k3", "k7"]
    odd = ["a\\b", 'a"b', "a,b", "{a}", "NULL", "", "آ"]
    store.write_now(lambda session: insert_rows(session, PRODUCT, [product(key) for key in odd]))
    assert sorted(among_these(odd)) == sorted(odd)
    assert among_these(["null", "a", "b"]) == []
    assert len(among_these([f"k{n}" for n in range(2000)])) == 50
