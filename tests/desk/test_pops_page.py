"""The page that says why there was no pop."""

from tests.desk.visitor import visit, words
from tests.house import House
from tests.posts import inbound
from tests.set_clock import SetClock

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"


def rings(house: House, sid: str) -> None:
    house.rings(sid)
    house.twiml(MENU, inbound(sid) | {"Digits": "1"})


def test_an_agent_sees_what_came_and_what_did_not(house: House, clock: SetClock) -> None:
    ana = visit(house, "Ana Lind", number="+12025550111", available=True)
    rings(house, "CA1")
    ben = visit(house, "Ben Ode", number="+12025550112", available=True)
    rings(house, "CA2")
    hers, his = words(ana.see("/pops")), words(ben.see("/pops"))
    assert "Not confirmed" in hers
    assert "On another call since 12:00." in hers
    assert "Not confirmed" in his
    call = house.get("/calls/CA1")["id"]
    clock.advance(0.4)
    ana.post(f"/desk/pops/{call}/delivered")
    assert "on the screen after 0.4 s; another page was in front of it." in words(ana.see("/pops"))
    clock.advance(2)
    ana.post(f"/desk/pops/{call}/seen")
    assert "seen after 2.4 s." in words(ana.see("/pops"))
    assert f'href="/calls/{call}"' in ana.see("/pops")


def test_the_page_says_what_is_true_now(house: House) -> None:
    ana = visit(house, "Ana Lind")
    said = words(ana.see("/pops"))
    assert "Nowhere: no softphone is open and no number is set" in said
    assert "Nobody asked for an agent in the last eight hours." in said
    ana.post("/desk/softphone")
    assert "In the browser" in words(ana.see("/pops"))


def test_only_supervisors_see_the_pops_of_others(house: House) -> None:
    ana = visit(house, "Ana Lind", number="+12025550111", available=True)
    ben, sara = visit(house, "Ben Ode"), visit(house, "Sara Kovac", "supervisor")
    rings(house, "CA1")
    assert ben.get(f"/pops?agent={ana.id}").status_code == 403
    assert "Choose an agent" in words(sara.see("/pops"))
    seen = words(sara.see(f"/pops?agent={ana.id}"))
    assert "Not confirmed" in seen
    assert "Not connected: a call rings, but no pop is shown" in seen
    assert sara.see("/pops?agent=nobody")


def test_a_persian_reader_is_spared_nothing(house: House) -> None:
    ana = visit(house, "Ana Lind", number="+12025550111", available=True, language="fa")
    rings(house, "CA1")
    assert 'dir="rtl"' in ana.see("/pops")
