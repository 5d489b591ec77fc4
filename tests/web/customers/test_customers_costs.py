"""The pages of customers take few statements and few steps, however much there is to show."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import insert
from sqlmodel import Session

from callcrm.models import Call, Note
from tests.running_app import RunningApp
from tests.shop import NOON, Shop
from tests.web.support.page_client import PageClient, database_steps, do, statements

MINA = "+12025550134"
BUDGET = 40


def fill(shop: Shop, customer: str, agent: str, count: int) -> None:
    """Adds calls, each with a note and a recording; every tenth with a missed call and its promise."""
    for number in range(count):
        call = shop.answered(MINA, -number, agent_id=agent, talk_seconds=number + 1)
        shop.note(call, f"note {number}", -number)
        shop.recording(call, -number)
        if number % 10 == 0:
            shop.derive(shop.call(MINA, -number - 0.5), "missed")


def test_a_customer_page_takes_the_same_few_statements_however_much_is_on_it(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    customer = shop.customer("Mina", MINA)
    fill(shop, customer, ana.id, 3)
    ana.get_page(f"/customers/{customer}")
    with statements(app) as before:
        ana.get_page(f"/customers/{customer}")
    fill(shop, customer, ana.id, 50)
    with statements(app) as after:
        ana.get_page(f"/customers/{customer}")
    # The first promise costs the statements for its owner; more recordings cost none.
    assert len(after) <= len(before) + 2
    assert len(after) <= BUDGET


def test_the_list_takes_the_same_few_statements_however_long_it_is(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    shop.answered(MINA, customer_id=shop.customer("Mina", MINA))
    with statements(app) as before:
        ana.get_page("/customers")
    for number in range(50):
        shop.answered(None, -number, customer_id=shop.customer(f"C{number}", f"+1202555{number:04}"))
    with statements(app) as after:
        ana.get_page("/customers")
    assert len(after) <= len(before) <= 10


@pytest.mark.engine("sqlite")
def test_thousands_of_entries_are_shown_in_few_steps(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    customer, count = shop.customer("Mina", MINA), 2000
    do(app, partial(add_many_calls, customer=customer, count=count))
    # Steps for each entry in the store: all are counted by kind, one page of them is listed.
    limits = {f"/customers/{customer}": 46, f"/customers/{customer}?show=recordings": 60, "/customers": 1.5}
    steps = {path: database_steps(ana, path) for path in limits}
    assert {path: taken for path, taken in steps.items() if taken > limits[path] * count} == {}


def add_many_calls(session: Session, customer: str, count: int) -> None:
    """Adds so many calls of the customer, a note with every fourth."""
    columns = {"direction": "inbound", "state": "ended", "outcome": "answered", "customer_id": customer}
    times = [NOON - timedelta(minutes=number) for number in range(count)]
    calls = [
        {"id": f"c{number}", "carrier_sid": f"CA{number}", "started_at": at_time, "phone": MINA, **columns}
        for number, at_time in enumerate(times)
    ]
    notes = [
        {
            "id": f"n{number}",
            "call_id": f"c{number}",
            "customer_id": customer,
            "author": "Mia",
            "body": f"note {number}",
            "search_text": f"note {number}",
            "created_at": at_time,
        }
        for number, at_time in list(enumerate(times))[::4]
    ]
    session.connection().execute(insert(Call), calls)
    session.connection().execute(insert(Note), notes)
