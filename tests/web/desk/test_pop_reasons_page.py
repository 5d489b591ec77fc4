"""The page that says why there was no pop."""

from tests.clocks import SetClock
from tests.posts import inbound
from tests.running_app import RunningApp
from tests.web.support.page_client import page_text, sign_in

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"


def rings(app: RunningApp, sid: str) -> None:
    app.rings(sid)
    app.twiml(MENU, inbound(sid) | {"Digits": "1"})


def test_an_agent_sees_what_came_and_what_did_not(app: RunningApp, clock: SetClock) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True)
    rings(app, "CA1")
    ben = sign_in(app, "Ben Ode", number="+12025550112", available=True)
    rings(app, "CA2")
    hers, his = page_text(ana.see("/pops")), page_text(ben.see("/pops"))
    assert "Not confirmed" in hers
    assert "On another call since 12:00." in hers
    assert "Not confirmed" in his
    call = app.get("/calls/CA1")["id"]
    clock.advance(0.4)
    ana.post(f"/desk/pops/{call}/delivered")
    assert "on the screen after 0.4 s; another page was in front of it." in page_text(ana.see("/pops"))
    clock.advance(2)
    ana.post(f"/desk/pops/{call}/seen")
    assert "seen after 2.4 s." in page_text(ana.see("/pops"))
    assert f'href="/calls/{call}"' in ana.see("/pops")


def test_the_page_says_what_is_true_now(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind")
    said = page_text(ana.see("/pops"))
    assert "Nowhere: no softphone is open and no number is set" in said
    assert "Nobody asked for an agent in the last eight hours." in said
    ana.post("/desk/softphone")
    assert "In the browser" in page_text(ana.see("/pops"))


def test_only_supervisors_see_the_pops_of_others(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True)
    ben, sara = sign_in(app, "Ben Ode"), sign_in(app, "Sara Kovac", "supervisor")
    rings(app, "CA1")
    assert ben.get(f"/pops?agent={ana.id}").status_code == 403
    assert "Choose an agent" in page_text(sara.see("/pops"))
    seen = page_text(sara.see(f"/pops?agent={ana.id}"))
    assert "Not confirmed" in seen
    assert "Not connected: a call rings, but no pop is shown" in seen
    assert sara.see("/pops?agent=nobody")


def test_a_persian_reader_is_spared_nothing(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True, language="fa")
    rings(app, "CA1")
    assert 'dir="rtl"' in ana.see("/pops")
