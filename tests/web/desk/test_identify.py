"""Who is calling: chosen among several, met anew, or known by another number."""

from typing import Any

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, customer, panel
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, page_text, sign_in

SHARED = "+12025550187"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent, free."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def card(ana: PageClient, call: IncomingCall) -> str:
    """What stands beside the call."""
    return page_text(ana.part(f"/desk/card/{call.id}"))


def of(app: RunningApp, call: IncomingCall) -> Any:
    """Whose call it is."""
    return app.get(f"/calls/{call.sid}")["customer"]


def test_a_shared_number_asks_and_attaches_nothing(app: RunningApp, ana: PageClient) -> None:
    mina, dov = (customer(app, name, SHARED) for name in ("Mina Halloran", "Dov Halloran"))
    call = IncomingCall(app, SHARED).comes()
    assert "2 customers share this number" in panel(ana)
    asked = ana.part(f"/desk/card/{call.id}")
    assert "Who is calling?" in asked
    assert 'data-key="1"' in asked
    assert "checked" not in asked
    assert of(app, call) is None
    assert ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov}).status_code == 303
    assert of(app, call)["id"] == dov
    assert "Dov Halloran" in panel(ana)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": ""})
    assert of(app, call) is None
    assert "Mina Halloran" in card(ana, call)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": mina})
    assert of(app, call)["id"] == mina


def test_what_was_chosen_before_is_the_evidence(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    customer(app, "Mina Halloran", SHARED)
    dov = customer(app, "Dov Halloran", "+12025550188", SHARED)
    for _ in range(2):
        call = IncomingCall(app, SHARED).comes()
        ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov})
        call.ends()
        clock.advance(300)
    said = card(ana, IncomingCall(app, SHARED).comes())
    assert "Chosen for calls from this number 2 times, last on Mon 5 Jan" in said
    assert said.index("Dov Halloran") < said.index("Mina Halloran")
    before, after = said.split("Mina Halloran")
    assert "their main number" in after
    assert "their main number" not in before
    assert "Never chosen for this number yet" in after


def test_a_new_name_takes_the_earlier_calls_along(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    for _ in range(3):
        IncomingCall(app).comes().ends(20)
        clock.advance(300)
    call = IncomingCall(app).comes()
    said = card(ana, call)
    assert "Who is this?" in said
    assert "3 earlier calls from this number come along." in said
    form = {"name": "Perdita Lane", "language": "fa"}
    answer = ana.post(f"/desk/calls/{call.id}/new", form, **HTMX)
    assert "3 earlier calls are now with Perdita Lane." in page_text(answer.text)
    made = app.get(f"/customers/{of(app, call)['id']}")
    assert (made["name"], made["language"], made["phones"]) == ("Perdita Lane", "fa", ["+12025550134"])
    assert {one["customer"]["id"] for one in app.get("/calls")["items"]} == {made["id"]}


def test_two_who_name_the_caller_at_once_make_one_customer(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app).comes()
    first = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita Lane"})
    second = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita L."})
    assert (first.status_code, second.status_code) == (303, 409)
    assert [one["name"] for one in app.get("/customers")["items"]] == ["Perdita Lane"]


def test_a_name_is_needed(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app).comes()
    answer = ana.post(f"/desk/calls/{call.id}/new", {"name": "  "}, **HTMX)
    assert answer.status_code == 422
    assert app.get("/customers")["items"] == []


def test_somebody_we_know_gets_the_number_too(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    mina = customer(app, "Mina Halloran", "+12025550111")
    IncomingCall(app).comes().ends(20)
    clock.advance(300)
    call = IncomingCall(app).comes()
    found = ana.post(f"/desk/calls/{call.id}/find", {"q": "hallor"}).text
    assert f'value="{mina}"' in found
    assert "Nobody is called that" in ana.post(f"/desk/calls/{call.id}/find", {"q": "zzz"}).text
    answer = ana.post(f"/desk/calls/{call.id}/known", {"customer": mina}, **HTMX)
    assert "1 earlier call is now with Mina Halloran." in page_text(answer.text)
    assert app.get(f"/customers/{mina}")["phones"] == ["+12025550111", "+12025550134"]
    assert of(app, call)["id"] == mina


def test_somebody_else_on_a_shared_number_is_met_anew(app: RunningApp, ana: PageClient) -> None:
    for name in ("Mina Halloran", "Dov Halloran"):
        customer(app, name, SHARED)
    call = IncomingCall(app, SHARED).comes()
    assert "Who is this?" in page_text(ana.part(f"/desk/calls/{call.id}/else"))
    ana.post(f"/desk/calls/{call.id}/new", {"name": "Noor Halloran"})
    assert of(app, call)["name"] == "Noor Halloran"
