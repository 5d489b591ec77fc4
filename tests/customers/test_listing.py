"""All customers, whoever was in touch last first."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session

from callcrm.models import Call, Customer, CustomerPhone, Message, Promise
from callcrm.store.store import Store
from callcrm.views.customers import listing
from tests.clocks import SetClock


def customer(name: str, at: datetime) -> list[Customer | CustomerPhone]:
    """A customer with a number."""
    phone = CustomerPhone(customer_id=name, e164=f"+1202555{len(name):04}", raw="", position=0)
    return [Customer(id=name, name=name, search_text=name, created_at=at, updated_at=at), phone]


def call(name: str, customer_id: str, at: datetime) -> Call:
    """A call of theirs."""
    return Call(
        id=name, carrier_sid=name, direction="inbound", state="ended", customer_id=customer_id, started_at=at
    )


def message(name: str, customer_id: str, at: datetime) -> Message:
    """A message of theirs."""
    return Message(
        id=name,
        direction="inbound",
        from_raw="",
        to_raw="",
        body="",
        status="received",
        customer_id=customer_id,
        created_at=at,
        received_at=at,
    )


def stock(session: Session, now: datetime) -> None:
    """Four customers: one who wrote last, one who called, one who is new and one long silent."""
    ago = partial(_ago, now)
    for name, hours in (("silent", 90), ("caller", 99), ("writer", 98), ("new", 3)):
        session.add_all(customer(name, ago(hours)))
        session.flush()
    session.add_all(
        [call("c1", "caller", ago(9)), call("c2", "caller", ago(2)), call("c3", "writer", ago(4))]
    )
    session.add_all([message("m1", "writer", ago(1)), message("m2", "caller", ago(5))])
    owed: dict[str, Any] = {"kind": "promised", "customer_id": "caller", "due_at": now, "created_at": ago(1)}
    session.add_all([Promise(id="p1", **owed), Promise(id="p2", state="kept", **owed)])
    session.flush()


def _ago(now: datetime, hours: float) -> datetime:
    return now - timedelta(hours=hours)


def test_whoever_was_in_touch_last_comes_first(store: Store, clock: SetClock) -> None:
    store.write_now(lambda session: stock(session, clock.now()))
    rows = store.read_now(lambda session: listing.customers(session, None))
    assert [row.customer.id for row in rows] == ["writer", "caller", "new", "silent"]
    assert [row.last.id if row.last else None for row in rows] == ["m1", "c2", None, None]
    assert [row.owed for row in rows] == [0, 1, 0, 0]
    assert rows[0].phones == ["+12025550006"]
    assert rows[2].at == clock.now() - timedelta(hours=3)


def test_pages_lead_through_everybody_once_and_back(store: Store, clock: SetClock) -> None:
    store.write_now(lambda session: stock(session, clock.now()))

    def page(session: Session, key: tuple[datetime, str] | None, back: bool) -> list[listing.Listed]:
        return listing.customers(session, None, key=key, back=back, limit=3)

    first = store.read_now(lambda session: page(session, None, False))
    behind = (first[2].at, first[2].customer.id)
    assert [row.customer.id for row in store.read_now(lambda session: page(session, behind, False))] == [
        "silent"
    ]
    before = store.read_now(lambda session: page(session, behind, True))
    assert [row.customer.id for row in before] == ["caller", "writer"]


def test_found_customers_keep_their_order(store: Store, clock: SetClock) -> None:
    store.write_now(lambda session: stock(session, clock.now()))

    def those(session: Session) -> list[str]:
        people = [session.get_one(Customer, name) for name in ("silent", "caller")]
        return [row.customer.id for row in listing.rows_for(session, None, people)]

    assert store.read_now(those) == ["silent", "caller"]
