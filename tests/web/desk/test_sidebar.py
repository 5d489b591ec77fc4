"""The desk's sidebar: the agent's state, waiting callers, promises due, and today's calls."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session

from callcrm.crm.promises import promises
from callcrm.models import Agent, Promise
from callcrm.views.desk import waiting_callers
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import PHONE, add_customer, enable_softphone
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in, tags_on_one_line

pytestmark = pytest.mark.one_engine
DUE = re.compile(r'id="due-([^"]+)"')
MORE = re.compile(r'data-hx-get="([^"]+)" data-hx-target="#due"')


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An available agent."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


def add_promise(app: RunningApp, owner: str | None, hours: float, what: str) -> str:
    """Adds a promise due in so many hours; its id."""
    now = app.services.clock.now()

    def verb(session: Session) -> str:
        row = Promise(
            id=f"prm_{what}",
            kind="promised",
            owner_id=owner,
            what=what,
            due_at=now + timedelta(hours=hours),
            created_at=now,
        )
        session.add(row)
        return row.id

    return str(do(app, verb))


def test_a_chosen_state_is_set(app: RunningApp, ana: PageClient) -> None:
    text = tags_on_one_line(ana.post("/desk/state", {"state": "break"}, **HTMX).text)
    assert 'value="break" id="state-break" aria-pressed="true"' in text
    assert app.agent(ana.id).state == "break"
    assert ana.post("/desk/state", {"state": "asleep"}).status_code == 422


def test_a_state_chosen_during_a_call_begins_after_it(app: RunningApp, ana: PageClient) -> None:
    enable_softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").through_menus()
    call.ring()
    call.pick_up()
    text = page_text(ana.post("/desk/state", {"state": "break"}, **HTMX).text)
    assert "On a call since 12:00 · then your break" in text
    assert app.agent(ana.id).state == "on_call"
    call.hang_up()
    assert "then your break" in page_text(ana.get_part("/desk/call-panel"))
    ana.post("/desk/wrap-up/end")
    assert app.agent(ana.id).state == "break"


def test_the_sidebar_says_which_device_rings(app: RunningApp, ana: PageClient) -> None:
    assert "Calls ring on +1 202 555 0101" in page_text(ana.get_part("/desk/state"))
    enable_softphone(app, ana.id)
    assert "Calls ring in this browser , else on +1 202 555 0101" in page_text(ana.get_part("/desk/state"))


def test_waiting_callers_are_listed_longest_first(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    add_customer(app, "Pascal Quill", "+12025550135")
    IncomingCall(app).through_menus()  # has Ana
    for caller in ("+12025550135", "+266696687"):
        IncomingCall(app, caller).through_menus(language="2" if caller == "+266696687" else "1")
        clock.advance(50)
    now = app.services.clock.now()
    rows = app.services.store.read_now(lambda session: waiting_callers.waiting_callers(session, now))
    assert [row.name for row in rows] == ["Pascal Quill", None]
    assert [row.phone for row in rows] == ["+12025550135", None]
    text = page_text(ana.get_part("/desk/waiting"))
    assert "Waiting 2 longest 1:40" in text
    assert "Pascal Quill 1:40 Sales · English" in text
    assert "Number withheld 0:50 Sales · Persian" in text


def test_one_s_own_promise_comes_before_sixty_older_ones_of_nobody(app: RunningApp, ana: PageClient) -> None:
    for number in range(60):
        add_promise(app, None, -5 - number / 100, f"older-{number}")
    own = add_promise(app, ana.id, 1, "own")
    part = ana.get_part("/desk/due")
    assert "Promises due 61" in page_text(part)
    assert DUE.findall(part)[0] == own


def test_every_promise_due_is_reached_by_showing_more(app: RunningApp, ana: PageClient) -> None:
    added = {add_promise(app, None, -number / 100, f"older-{number}") for number in range(70)}
    part, pages = ana.get_part("/desk/due"), 1
    while more := MORE.search(part):
        part, pages = ana.get_part(more[1]), pages + 1
    assert set(DUE.findall(part)) == added
    assert pages == 7


def test_a_promise_beyond_those_shown_can_be_kept(app: RunningApp, ana: PageClient) -> None:
    for number in range(60):
        add_promise(app, None, -5 - number / 100, f"older-{number}")
    last = add_promise(app, None, 40, "last")
    assert ana.post(f"/desk/due/{last}/kept?show=18", None, **HTMX).status_code == 200
    assert do(app, lambda session: session.get_one(Promise, last).state) == "kept"


def test_own_and_unowned_promises_due_are_listed(app: RunningApp, ana: PageClient) -> None:
    ben = sign_in(app, "Ben Ode")
    add_promise(app, ana.id, 2, "mine")
    add_promise(app, None, -0.2, "nobodys")
    add_promise(app, ana.id, -50, "long ago")
    add_promise(app, ben.id, 1, "bens")
    add_promise(app, ana.id, 40, "later")
    text = page_text(ana.get_part("/desk/due"))
    assert "Promises due 3" in text
    assert "nobodys somebody without a number 11:48 12 min late · nobody’s yet" in text
    assert text.index("long ago") < text.index("mine") < text.index("nobodys")
    assert "long ago somebody without a number Sat 3 Jan 2 days late" in text
    assert "bens" not in text
    assert "later" not in text


@pytest.mark.background
def test_an_unowned_promise_is_listed_only_for_agents_of_its_queue(app: RunningApp, ana: PageClient) -> None:
    do(app, lambda session: setattr(session.get_one(Agent, ana.id), "queues", ["support"]))
    IncomingCall(app).through_menus().hang_up()  # missed in sales, which Ana does not serve
    assert "Promises due 0" in page_text(ana.get_part("/desk/due"))
    do(app, lambda session: setattr(session.get_one(Agent, ana.id), "queues", ["sales"]))
    assert "Ring +1 202 555 0134 back" in page_text(ana.get_part("/desk/due"))


def test_a_kept_promise_leaves_the_list(app: RunningApp, ana: PageClient) -> None:
    ben = sign_in(app, "Ben Ode")
    ana_promise, ben_promise = add_promise(app, ana.id, 1, "mine"), add_promise(app, ben.id, 1, "bens")
    assert "Nothing is due" in page_text(ana.post(f"/desk/due/{ana_promise}/kept", None, **HTMX).text)
    assert ana.post(f"/desk/due/{ben_promise}/kept").status_code == 404
    rows = app.services.store.read_now(lambda session: promises.find(session, state="open"))
    assert [row.id for row in rows] == [ben_promise]


def test_today_counts_the_agents_calls(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    assert "Today: no call yet" in page_text(ana.get_part("/desk/today"))
    enable_softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").through_menus()
    call.ring()
    call.pick_up()
    clock.advance(120)
    call.end_leg(120)
    call.hang_up(130)
    assert "Today: 1 call, 2 min talking" in page_text(ana.get_part("/desk/today"))
