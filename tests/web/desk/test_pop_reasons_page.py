"""The page that says why an agent got a screen pop or none."""

import pytest

from tests.clocks import SetClock
from tests.posts import inbound
from tests.running_app import RunningApp
from tests.web.support.page_client import page_text, sign_in

pytestmark = pytest.mark.one_engine

MENU = "/webhooks/twilio/at/node/main/main?language=en&step=2"


def ring_in_sales(app: RunningApp, sid: str) -> None:
    app.rings(sid)
    app.twiml(MENU, inbound(sid) | {"Digits": "1"})


def test_an_agent_sees_which_pops_came_and_why_others_did_not(app: RunningApp, clock: SetClock) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True)
    ring_in_sales(app, "CA1")
    ben = sign_in(app, "Ben Ode", number="+12025550112", available=True)
    ring_in_sales(app, "CA2")
    ana_page, ben_page = page_text(ana.get_page("/pops")), page_text(ben.get_page("/pops"))
    assert "Not confirmed" in ana_page
    assert "On another call since 12:00." in ana_page
    assert "Not confirmed" in ben_page
    call = app.get("/calls/CA1")["id"]
    clock.advance(0.4)
    ana.post(f"/desk/pops/{call}/delivered")
    assert "on the screen after 0.4 s; another page was in front of it." in page_text(ana.get_page("/pops"))
    clock.advance(2)
    ana.post(f"/desk/pops/{call}/seen")
    assert "seen after 2.4 s." in page_text(ana.get_page("/pops"))
    assert f'href="/calls/{call}"' in ana.get_page("/pops")


def test_the_page_shows_the_agents_current_devices(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind")
    text = page_text(ana.get_page("/pops"))
    assert "Nowhere: no softphone is open and no number is set" in text
    assert "Nobody asked for an agent in the last eight hours." in text
    ana.post("/desk/softphone")
    assert "In the browser" in page_text(ana.get_page("/pops"))


def test_only_supervisors_see_the_pops_of_others(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True)
    ben, sara = sign_in(app, "Ben Ode"), sign_in(app, "Sara Kovac", "supervisor")
    ring_in_sales(app, "CA1")
    assert ben.get(f"/pops?agent={ana.id}").status_code == 403
    assert "Choose an agent" in page_text(sara.get_page("/pops"))
    text = page_text(sara.get_page(f"/pops?agent={ana.id}"))
    assert "Not confirmed" in text
    assert "Not connected: a call rings, but no pop is shown" in text
    assert sara.get_page("/pops?agent=nobody")


def test_the_page_of_pops_runs_right_to_left_in_persian(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lind", number="+12025550111", available=True, language="fa")
    ring_in_sales(app, "CA1")
    assert 'dir="rtl"' in ana.get_page("/pops")
