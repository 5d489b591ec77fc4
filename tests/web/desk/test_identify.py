"""Identifying the caller: chosen among several customers, a new one, or one with another number."""

from typing import Any

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, add_customer, panel_text
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, page_text, sign_in

pytestmark = pytest.mark.one_engine

SHARED = "+12025550187"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An available agent."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def card_text(ana: PageClient, call: IncomingCall) -> str:
    """The text of the card beside the call."""
    return page_text(ana.get_part(f"/desk/card/{call.id}"))


def customer_of(app: RunningApp, call: IncomingCall) -> Any:
    """The call's customer, as the API has it; None without one."""
    return app.get(f"/calls/{call.sid}")["customer"]


def test_a_shared_number_asks_who_is_calling_and_assigns_nobody(app: RunningApp, ana: PageClient) -> None:
    mina, dov = (add_customer(app, name, SHARED) for name in ("Mina Halloran", "Dov Halloran"))
    call = IncomingCall(app, SHARED).through_menus()
    assert "2 customers share this number" in panel_text(ana)
    html = ana.get_part(f"/desk/card/{call.id}")
    assert "Who is calling?" in html
    assert 'data-key="1"' in html
    assert "checked" not in html
    assert customer_of(app, call) is None
    assert ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov}).status_code == 303
    assert customer_of(app, call)["id"] == dov
    assert "Dov Halloran" in panel_text(ana)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": ""})
    assert customer_of(app, call) is None
    assert "Mina Halloran" in card_text(ana, call)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": mina})
    assert customer_of(app, call)["id"] == mina


def test_earlier_choices_for_a_shared_number_are_shown(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    add_customer(app, "Mina Halloran", SHARED)
    dov = add_customer(app, "Dov Halloran", "+12025550188", SHARED)
    for _ in range(2):
        call = IncomingCall(app, SHARED).through_menus()
        ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov})
        call.hang_up()
        clock.advance(300)
    text = card_text(ana, IncomingCall(app, SHARED).through_menus())
    assert "Chosen for calls from this number 2 times, last on Mon 5 Jan" in text
    assert text.index("Dov Halloran") < text.index("Mina Halloran")
    before, after = text.split("Mina Halloran")
    assert "their main number" in after
    assert "their main number" not in before
    assert "Never chosen for this number yet" in after


def test_a_new_customer_gets_the_numbers_earlier_calls(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    for _ in range(3):
        IncomingCall(app).through_menus().hang_up(20)
        clock.advance(300)
    call = IncomingCall(app).through_menus()
    text = card_text(ana, call)
    assert "Who is this?" in text
    assert "3 earlier calls from this number come along." in text
    form = {"name": "Perdita Lane", "language": "fa"}
    response = ana.post(f"/desk/calls/{call.id}/new", form, **HTMX)
    assert "3 earlier calls are now with Perdita Lane." in page_text(response.text)
    person = app.get(f"/customers/{customer_of(app, call)['id']}")
    assert (person["name"], person["language"], person["phones"]) == ("Perdita Lane", "fa", ["+12025550134"])
    assert {row["customer"]["id"] for row in app.get("/calls")["items"]} == {person["id"]}


def test_naming_the_caller_twice_at_once_makes_one_customer(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app).through_menus()
    first = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita Lane"})
    second = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita L."})
    assert (first.status_code, second.status_code) == (303, 409)
    assert [row["name"] for row in app.get("/customers")["items"]] == ["Perdita Lane"]


def test_a_new_customer_needs_a_name(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app).through_menus()
    response = ana.post(f"/desk/calls/{call.id}/new", {"name": "  "}, **HTMX)
    assert response.status_code == 422
    assert app.get("/customers")["items"] == []


def test_a_known_customer_gets_the_callers_number(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    mina = add_customer(app, "Mina Halloran", "+12025550111")
    IncomingCall(app).through_menus().hang_up(20)
    clock.advance(300)
    call = IncomingCall(app).through_menus()
    html = ana.post(f"/desk/calls/{call.id}/find", {"q": "hallor"}).text
    assert f'value="{mina}"' in html
    assert "Nobody is called that" in ana.post(f"/desk/calls/{call.id}/find", {"q": "zzz"}).text
    response = ana.post(f"/desk/calls/{call.id}/known", {"customer": mina}, **HTMX)
    assert "1 earlier call is now with Mina Halloran." in page_text(response.text)
    assert app.get(f"/customers/{mina}")["phones"] == ["+12025550111", "+12025550134"]
    assert customer_of(app, call)["id"] == mina


def test_another_person_on_a_shared_number_becomes_a_customer(app: RunningApp, ana: PageClient) -> None:
    for name in ("Mina Halloran", "Dov Halloran"):
        add_customer(app, name, SHARED)
    call = IncomingCall(app, SHARED).through_menus()
    assert "Who is this?" in page_text(ana.get_part(f"/desk/calls/{call.id}/else"))
    ana.post(f"/desk/calls/{call.id}/new", {"name": "Noor Halloran"})
    assert customer_of(app, call)["name"] == "Noor Halloran"
