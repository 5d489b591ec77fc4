"""Who is calling: chosen among several, met anew, or known by another number."""

from typing import Any

import pytest

from tests.desk.ringing import HTMX, Incoming
from tests.desk.test_stage import PHONE, customer, stage
from tests.desk.visitor import Visitor, visit, words
from tests.house import House
from tests.set_clock import SetClock

SHARED = "+12025550187"


@pytest.fixture
def ana(house: House) -> Visitor:
    """An agent, free."""
    return visit(house, "Ana Lane", number=PHONE, available=True)


def card(ana: Visitor, call: Incoming) -> str:
    """What stands beside the call."""
    return words(ana.part(f"/desk/card/{call.id}"))


def of(house: House, call: Incoming) -> Any:
    """Whose call it is."""
    return house.get(f"/calls/{call.sid}")["customer"]


def test_a_shared_number_asks_and_attaches_nothing(house: House, ana: Visitor) -> None:
    mina, dov = (customer(house, name, SHARED) for name in ("Mina Halloran", "Dov Halloran"))
    call = Incoming(house, SHARED).comes()
    assert "2 customers share this number" in stage(ana)
    asked = ana.part(f"/desk/card/{call.id}")
    assert "Who is calling?" in asked
    assert 'data-key="1"' in asked
    assert "checked" not in asked
    assert of(house, call) is None
    assert ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov}).status_code == 303
    assert of(house, call)["id"] == dov
    assert "Dov Halloran" in stage(ana)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": ""})
    assert of(house, call) is None
    assert "Mina Halloran" in card(ana, call)
    ana.post(f"/desk/calls/{call.id}/customer", {"customer": mina})
    assert of(house, call)["id"] == mina


def test_what_was_chosen_before_is_the_evidence(house: House, ana: Visitor, clock: SetClock) -> None:
    customer(house, "Mina Halloran", SHARED)
    dov = customer(house, "Dov Halloran", "+12025550188", SHARED)
    for _ in range(2):
        call = Incoming(house, SHARED).comes()
        ana.post(f"/desk/calls/{call.id}/customer", {"customer": dov})
        call.ends()
        clock.advance(300)
    said = card(ana, Incoming(house, SHARED).comes())
    assert "Chosen for calls from this number 2 times, last on Mon 5 Jan" in said
    assert said.index("Dov Halloran") < said.index("Mina Halloran")
    before, after = said.split("Mina Halloran")
    assert "their main number" in after
    assert "their main number" not in before
    assert "Never chosen for this number yet" in after


def test_a_new_name_takes_the_earlier_calls_along(house: House, ana: Visitor, clock: SetClock) -> None:
    for _ in range(3):
        Incoming(house).comes().ends(20)
        clock.advance(300)
    call = Incoming(house).comes()
    said = card(ana, call)
    assert "Who is this?" in said
    assert "3 earlier calls from this number come along." in said
    form = {"name": "Perdita Lane", "language": "fa"}
    answer = ana.post(f"/desk/calls/{call.id}/new", form, **HTMX)
    assert "3 earlier calls are now with Perdita Lane." in words(answer.text)
    made = house.get(f"/customers/{of(house, call)['id']}")
    assert (made["name"], made["language"], made["phones"]) == ("Perdita Lane", "fa", ["+12025550134"])
    assert {one["customer"]["id"] for one in house.get("/calls")["items"]} == {made["id"]}


def test_two_who_name_the_caller_at_once_make_one_customer(house: House, ana: Visitor) -> None:
    call = Incoming(house).comes()
    first = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita Lane"})
    second = ana.post(f"/desk/calls/{call.id}/new", {"name": "Perdita L."})
    assert (first.status_code, second.status_code) == (303, 409)
    assert [one["name"] for one in house.get("/customers")["items"]] == ["Perdita Lane"]


def test_a_name_is_needed(house: House, ana: Visitor) -> None:
    call = Incoming(house).comes()
    answer = ana.post(f"/desk/calls/{call.id}/new", {"name": "  "}, **HTMX)
    assert answer.status_code == 422
    assert house.get("/customers")["items"] == []


def test_somebody_we_know_gets_the_number_too(house: House, ana: Visitor, clock: SetClock) -> None:
    mina = customer(house, "Mina Halloran", "+12025550111")
    Incoming(house).comes().ends(20)
    clock.advance(300)
    call = Incoming(house).comes()
    found = ana.post(f"/desk/calls/{call.id}/find", {"q": "hallor"}).text
    assert f'value="{mina}"' in found
    assert "Nobody is called that" in ana.post(f"/desk/calls/{call.id}/find", {"q": "zzz"}).text
    answer = ana.post(f"/desk/calls/{call.id}/known", {"customer": mina}, **HTMX)
    assert "1 earlier call is now with Mina Halloran." in words(answer.text)
    assert house.get(f"/customers/{mina}")["phones"] == ["+12025550111", "+12025550134"]
    assert of(house, call)["id"] == mina


def test_somebody_else_on_a_shared_number_is_met_anew(house: House, ana: Visitor) -> None:
    for name in ("Mina Halloran", "Dov Halloran"):
        customer(house, name, SHARED)
    call = Incoming(house, SHARED).comes()
    assert "Who is this?" in words(ana.part(f"/desk/calls/{call.id}/else"))
    ana.post(f"/desk/calls/{call.id}/new", {"name": "Noor Halloran"})
    assert of(house, call)["name"] == "Noor Halloran"
