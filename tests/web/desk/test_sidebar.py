"""The sidebar: one's own state, who waits, what is due, what today came to."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from callcrm.crm.promises import promises
from callcrm.models import Agent, Promise
from callcrm.views.desk import waiting_callers
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, customer, softphone
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in, tags_on_one_line


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent, free."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def owe(app: RunningApp, owner: str | None, hours: float, what: str) -> str:
    """Something promised, due in so many hours."""
    now = app.services.clock.now()

    def verb(session: Session) -> str:
        made = Promise(
            id=f"prm_{what}",
            kind="promised",
            owner_id=owner,
            what=what,
            due_at=now + timedelta(hours=hours),
            created_at=now,
        )
        session.add(made)
        return made.id

    return str(do(app, verb))


def test_the_state_chosen_is_the_state(app: RunningApp, ana: PageClient) -> None:
    said = tags_on_one_line(ana.post("/desk/state", {"state": "break"}, **HTMX).text)
    assert 'value="break" id="state-break" aria-pressed="true"' in said
    assert app.agent(ana.id).state == "break"
    assert ana.post("/desk/state", {"state": "asleep"}).status_code == 422


def test_during_a_call_the_choice_is_for_after_it(app: RunningApp, ana: PageClient) -> None:
    softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").comes()
    call.rings()
    call.picked_up()
    said = page_text(ana.post("/desk/state", {"state": "break"}, **HTMX).text)
    assert "On a call since 12:00 · then your break" in said
    assert app.agent(ana.id).state == "on_call"
    call.ends()
    assert "then your break" in page_text(ana.part("/desk/call-panel"))
    ana.post("/desk/wrap-up/end")
    assert app.agent(ana.id).state == "break"


def test_which_device_rings_is_said(app: RunningApp, ana: PageClient) -> None:
    assert "Calls ring on +1 202 555 0101" in page_text(ana.part("/desk/state"))
    softphone(app, ana.id)
    assert "Calls ring in this browser , else on +1 202 555 0101" in page_text(ana.part("/desk/state"))


def test_who_waits_comes_longest_first(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    customer(app, "Pascal Quill", "+12025550135")
    IncomingCall(app).comes()  # has Ana
    for caller in ("+12025550135", "+266696687"):
        IncomingCall(app, caller).comes(language="2" if caller == "+266696687" else "1")
        clock.advance(50)
    now = app.services.clock.now()
    found = app.services.store.read_now(lambda session: waiting_callers.waiting_callers(session, now))
    assert [row.name for row in found] == ["Pascal Quill", None]
    assert [row.phone for row in found] == ["+12025550135", None]
    said = page_text(ana.part("/desk/waiting"))
    assert "Waiting 2 longest 1:40" in said
    assert "Pascal Quill 1:40 Sales · English" in said
    assert "Number withheld 0:50 Sales · Persian" in said


def test_what_is_due_is_mine_or_nobodys(app: RunningApp, ana: PageClient) -> None:
    ben = sign_in(app, "Ben Ode")
    owe(app, ana.id, 2, "mine")
    owe(app, None, -0.2, "nobodys")
    owe(app, ana.id, -50, "long ago")
    owe(app, ben.id, 1, "bens")
    owe(app, ana.id, 40, "later")
    said = page_text(ana.part("/desk/due"))
    assert "Promises due 3" in said
    assert "nobodys 11:48 12 min late · nobody’s yet" in said
    assert said.index("nobodys") < said.index("mine")
    assert "long ago Sat 3 Jan 2 days late" in said
    assert "bens" not in said
    assert "later" not in said


@pytest.mark.background
def test_nobodys_promise_of_a_queue_i_do_not_serve_is_none_of_mine(app: RunningApp, ana: PageClient) -> None:
    do(app, lambda session: setattr(session.get_one(Agent, ana.id), "queues", ["support"]))
    IncomingCall(app).comes().ends()  # missed in sales, which Ana does not serve
    assert "Promises due 0" in page_text(ana.part("/desk/due"))
    do(app, lambda session: setattr(session.get_one(Agent, ana.id), "queues", ["sales"]))
    assert "Ring +1 202 555 0134 back" in page_text(ana.part("/desk/due"))


def test_a_promise_kept_is_off_the_list(app: RunningApp, ana: PageClient) -> None:
    ben = sign_in(app, "Ben Ode")
    mine, bens = owe(app, ana.id, 1, "mine"), owe(app, ben.id, 1, "bens")
    assert "Nothing is due" in page_text(ana.post(f"/desk/due/{mine}/kept", None, **HTMX).text)
    assert ana.post(f"/desk/due/{bens}/kept").status_code == 404
    found = app.services.store.read_now(lambda session: promises.find(session, state="open"))
    assert [row.id for row in found] == [bens]


def test_today_counts_my_calls(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    assert "Today: no call yet" in page_text(ana.part("/desk/today"))
    softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").comes()
    call.rings()
    call.picked_up()
    clock.advance(120)
    call.leg_ends(120)
    call.ends(130)
    assert "Today: 1 call, 2 min talking" in page_text(ana.part("/desk/today"))
