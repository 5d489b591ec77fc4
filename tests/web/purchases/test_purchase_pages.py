"""Purchases on the pages: added by hand, taken back, listed, and on the card beside a call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callcrm.business import modules
from tests.clocks import CLOCK, SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

PHONE = "+12025550134"


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, an agent."""
    return sign_in(app, "Ana")


@pytest.fixture
def mina(app: RunningApp) -> str:
    response = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]})
    return str(response.json()["id"])


def add(page: PageClient, customer: str, **fields: str) -> Any:
    form = {"product": "Red coat", "total": "1,234.50", "currency": "USD", "payment": "cash", "day": "today"}
    return page.post(f"/customers/{customer}/purchases", {**form, **fields})


def the_purchase(app: RunningApp) -> Any:
    (purchase,) = app.get("/purchases")["items"]
    return purchase


def test_a_purchase_is_added_on_the_customer_s_page(app: RunningApp, ana: PageClient, mina: str) -> None:
    empty = page_text(ana.get_page(f"/customers/{mina}"))
    assert "Nothing is known to have been bought yet." in empty
    form = page_text(ana.get_page(f"/customers/{mina}/purchases/new"))
    assert "For how much Currency US Dollar" in form
    assert add(ana, mina).status_code == 303
    purchase = the_purchase(app)
    assert (purchase["total"]["amount"], purchase["payment"]) == (123_450, "cash")
    shown = page_text(ana.get_page(f"/customers/{mina}"))
    assert "Bought once For $1,234.50" in shown
    assert "In cash 100%" in shown
    assert "Bought Red coat for $1,234.50" in shown


def test_the_form_offers_what_was_bought_and_paid_in_before(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    add(ana, mina, currency="EUR", total="۱۲٫۵")
    assert the_purchase(app)["total"] == {"amount": 1250, "currency": "EUR"}
    page = ana.get_page(f"/customers/{mina}/purchases/new")
    assert '<option value="Red coat">' in page
    assert page.index('value="EUR"') < page.index('value="USD"')


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("field", "typed", "fault"),
    [
        ("total", "", "Say how much it was."),
        ("total", "many", "This is no amount of money."),
        ("total", "0", "A purchase is of more than nothing."),
        ("day", "2030-01-01", "This time is still to come."),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    app: RunningApp, ana: PageClient, mina: str, field: str, typed: str, fault: str
) -> None:
    response = add(ana, mina, **{"product": "Blue hat", field: typed})
    assert response.status_code == 422
    assert fault in page_text(response.text)
    assert 'value="Blue hat"' in response.text
    assert app.get("/purchases")["items"] == []


def test_what_came_back_is_entered_and_taken_away_again(app: RunningApp, ana: PageClient, mina: str) -> None:
    add(ana, mina)
    path = f"/purchases/{the_purchase(app)['id']}"
    assert "At most $1,234.50 are left." in page_text(ana.get_page(f"{path}/return"))
    too_much = ana.post(f"{path}/returns", {"total": "2000", "reason": "", "day": "today"})
    assert "More can’t come back" in page_text(too_much.text) or too_much.status_code == 422
    ana.post(f"{path}/returns", {"total": "234.50", "reason": "Torn", "day": "today"})
    shown = page_text(ana.get_page(path))
    assert "Came back Torn $234.50" in shown
    (came_back,) = the_purchase(app)["returns"]
    ana.post(f"/returns/{came_back['id']}/undo", {})
    assert the_purchase(app)["returned"]["amount"] == 0


def test_when_it_was_requested_and_delivered_stands_on_its_page(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    total = {"amount": 100, "currency": "USD"}
    path = f"/purchases/{app.send('POST', f'/customers/{mina}/purchases', {'total': total}).json()['id']}"
    assert "Requested at" not in ana.get(path).text
    app.send("PATCH", path, {"requested_at": "2026-01-02T10:00:00Z", "delivered_at": "2026-01-04T10:00:00Z"})
    shown = ana.get(path).text
    for name, moment in (("Requested at", "2026-01-02T10:00"), ("Delivered at", "2026-01-04T10:00")):
        assert moment in shown.partition(name)[2][:120]


def test_only_who_entered_a_purchase_or_a_supervisor_takes_it_away(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    add(ana, mina)
    path = f"/purchases/{the_purchase(app)['id']}/undo"
    assert sign_in(app, "Ben").post(path, {}).status_code == 403
    assert ana.post(path, {}).status_code == 303
    assert app.get("/purchases")["items"] == []
    assert app.get(f"/customers/{mina}")["worth"]["purchases"] == 0
    add(ana, mina)
    path = f"/purchases/{the_purchase(app)['id']}/undo"
    assert sign_in(app, "Grace", "supervisor").post(path, {}).status_code == 303


def test_the_list_is_filtered_by_product_and_day(app: RunningApp, ana: PageClient, mina: str) -> None:
    add(ana, mina)
    add(ana, mina, product="Blue hat", day="2026-01-02")
    everything = page_text(ana.get_page("/purchases"))
    assert everything.index("Red coat") < everything.index("Blue hat")
    assert "Mina Halloran" in everything
    coats = page_text(ana.get_page("/purchases?product=red++coat"))
    assert ("Red coat" in coats, "Blue hat" in coats) == (True, False)
    until = page_text(ana.get_page("/purchases?to=2026-01-03"))
    assert ("Red coat" in until, "Blue hat" in until) == (False, True)
    assert "No purchases here" in page_text(ana.get_page("/purchases?product=shoes"))
    theirs = page_text(ana.get_page(f"/purchases?customer={mina}"))
    assert "Of Mina Halloran" in theirs


def test_the_card_beside_a_call_has_the_sums_and_the_last_purchase(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    app.rings("CA1", PHONE)
    card = f"/desk/card/{app.get('/calls/CA1')['id']}"
    assert "Purchases" not in page_text(ana.get_part(card))
    add(ana, mina)
    add(ana, mina, product="Blue hat", currency="EUR", total="10")
    assert "Purchases 2 €10 · $1,234.50 last" in page_text(ana.get_part(card))


def test_products_are_found_by_the_search(app: RunningApp, ana: PageClient, mina: str) -> None:
    add(ana, mina)
    page = ana.search("/find", {"q": "coat"}).text
    assert "Red coat" in page_text(page)
    path = page.split('href="/purchases?bought=')[1].split('"')[0]
    assert "Mina Halloran" in page_text(ana.get_page(f"/purchases?bought={path}"))


def test_while_the_module_is_off_nothing_of_it_is_there(app: RunningApp, ana: PageClient, mina: str) -> None:
    add(ana, mina)
    do(app, lambda session: modules.switch_off(session, ["purchases"], by=None, now=CLOCK.now()))
    assert ana.get("/purchases").status_code == 404
    assert app.send("GET", "/purchases").status_code == 404
    assert "Red coat" not in page_text(ana.get_page(f"/customers/{mina}"))
    assert app.get(f"/customers/{mina}")["worth"] is None
