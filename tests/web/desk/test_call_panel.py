"""The panel: the call an agent has now, and nothing of anybody else's."""

from functools import partial

import pytest
from sqlmodel import Session

from callcrm.agents import states
from callcrm.models import Agent
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

PHONE = "+12025550101"


def panel(visitor: PageClient) -> str:
    """The agent's panel, as it is read."""
    return page_text(visitor.part("/desk/call-panel"))


def customer(app: RunningApp, name: str, *phones: str, **more: str) -> str:
    """A customer with these numbers; their id."""
    made = app.send("POST", "/customers", {"name": name, "phones": list(phones), **more})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def softphone(app: RunningApp, agent_id: str) -> None:
    """Calls ring in this agent's browser for a day."""
    later = app.services.clock.now().replace(year=app.services.clock.now().year + 1)

    def verb(session: Session) -> None:
        session.get_one(Agent, agent_id).softphone_until = later

    do(app, verb)


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent on an ordinary phone, free."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("available", "You are available"),
        ("break", "You are on a break"),
        ("offline", "You are offline"),
    ],
)
def test_an_agent_without_a_call_rests(app: RunningApp, ana: PageClient, state: str, said: str) -> None:
    do(app, partial(states.set_state, agent_id=ana.id, state=state, now=app.services.clock.now()))
    assert said in page_text(ana.see("/desk"))


def test_an_agent_whom_nothing_can_ring_is_told_so(app: RunningApp) -> None:
    ben = sign_in(app, "Ben Ode", available=True)
    assert "No call can reach you" in panel(ben)
    assert "No call can ring you" in page_text(ben.part("/desk/state"))


def test_a_supervisor_begins_at_the_calls(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue Head", "supervisor")
    assert (sue.get("/").headers["location"], ana.get("/").headers["location"]) == ("/calls", "/desk")
    assert "You take no calls" in page_text(sue.see("/desk"))


def test_the_offered_agent_sees_who_is_calling(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    ben = sign_in(app, "Ben Ode", number="+12025550102")
    mina = customer(app, "Mina Halloran", "+12025550134")
    app.send("PATCH", f"/customers/{mina}", {"tier": "gold"})
    call = IncomingCall(app).comes()
    said = panel(ana)
    for fact in (
        "About to ring",
        "Mina Halloran",
        "Gold",
        "+1 202 555 0134",
        "Speaks English",
        "Menu: Sales",
    ):
        assert fact in said
    assert "Incoming call: Mina Halloran. Gold customer. Sales. English." in said
    assert f'data-pop="{call.id}"' in ana.part("/desk/call-panel")
    assert "Mina" not in ben.part("/desk/call-panel")
    call.rings()
    clock.advance(7)
    assert "Ringing 0:07 passes on in 13 s" in panel(ana)


def test_a_phone_is_to_be_picked_up_and_a_browser_to_be_pressed(app: RunningApp, ana: PageClient) -> None:
    IncomingCall(app).comes()
    assert "Pick up +1 202 555 0101 and press 1" in panel(ana)
    assert 'data-act="answer"' not in ana.part("/desk/call-panel")


def test_in_a_browser_answer_begins_the_bar_and_hanging_up_ends_it(app: RunningApp, ana: PageClient) -> None:
    softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").comes()
    ringing = ana.part("/desk/call-panel")
    assert ringing.index('data-act="answer"') < ringing.index('data-act="pass"')
    call.rings()
    call.picked_up()
    talking = ana.part("/desk/call-panel")
    assert 'data-act="answer"' not in talking
    assert talking.index('data-act="mute"') < talking.index('data-act="hangup"')


def test_a_call_goes_from_ringing_through_speaking_to_its_wrap_up(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").comes()
    call.rings()
    clock.advance(4)
    call.picked_up()
    clock.advance(61)
    assert "In call Sales" in panel(ana)
    assert "1:01" in panel(ana)
    assert "Recording" in panel(ana)
    call.ends(65)
    said = panel(ana)
    assert "Wrap-up" in said
    assert "0:30" in said
    assert "I’m ready" in said
    clock.advance(5)
    assert "1:25" in page_text(ana.post("/desk/wrap-up/longer", None, **HTMX).text)
    assert "You are available" in page_text(ana.post("/desk/wrap-up/end", None, **HTMX).text)
    assert app.agent(ana.id).state == "available"


def test_wrap_up_never_lasts_longer_than_ten_minutes(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").comes()
    call.rings()
    call.picked_up()
    call.ends()
    began = clock.now()
    for _ in range(15):
        ana.post("/desk/wrap-up/longer")
    until = app.agent(ana.id).wrap_up_until
    assert until is not None
    assert (until - began).total_seconds() == 600


def test_a_call_passed_on_is_said_for_a_moment(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    call = IncomingCall(app).comes()
    ben = sign_in(app, "Ben Ode", number="+12025550102", available=True)
    call.rings()
    call.passed()
    assert "Passed on to a colleague" in panel(ana)
    assert "data-pop" in ben.part("/desk/call-panel")
    call.target = "+12025550102"
    call.rings()
    clock.advance(1)
    call.picked_up()
    clock.advance(4)
    assert "You are available" in panel(ana)


def test_a_caller_who_gives_up_is_said_for_a_moment(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    call = IncomingCall(app).comes()
    call.rings()
    call.ends(12)
    said = panel(ana)
    assert "The caller gave up" in said
    assert "To be rung back" in said
    assert "data-again" in ana.part("/desk/call-panel")
    clock.advance(4)
    assert "You are available" in panel(ana)


@pytest.mark.background
def test_callers_who_tried_in_vain_are_met_with_that(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    customer(app, "Mina Halloran", "+12025550134")
    for _ in range(2):
        call = IncomingCall(app).comes()
        call.ends(9)
        clock.advance(120)
    IncomingCall(app).comes()
    said = panel(ana)
    assert "We owe them a call back" not in said  # due in half an hour: nobody is late yet
    assert "Called in vain 2 times since anybody spoke with them" in said
    clock.advance(1800)
    assert "We owe them a call back" in panel(ana)


def test_a_withheld_number_is_nobodys(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app, caller="+266696687").comes()
    assert "Number withheld" in panel(ana)
    card = page_text(ana.part(f"/desk/card/{call.id}"))
    assert "Nothing is known of this caller" in card
    assert "Who is this?" not in card
    refused = ana.post(f"/desk/calls/{call.id}/new", {"name": "Mina"})
    assert refused.status_code == 422
    assert "keeps their number to themselves" in page_text(refused.text)


def test_names_are_text_and_nothing_else(app: RunningApp, ana: PageClient) -> None:
    customer(app, "<b onclick=x>Mina</b>", "+12025550134")
    IncomingCall(app).comes()
    assert "<b onclick" not in ana.part("/desk/call-panel")
    assert "&lt;b onclick=x&gt;Mina&lt;/b&gt;" in ana.part("/desk/call-panel")
