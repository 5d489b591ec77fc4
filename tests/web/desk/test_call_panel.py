"""The call panel of the desk: the agent's current call, from ringing to wrap-up."""

from functools import partial

import pytest
from sqlmodel import Session

from callcrm.agents import states
from callcrm.models import Agent
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.support.incoming_call import HTMX, IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

PHONE = "+12025550101"


def panel_text(client: PageClient) -> str:
    """The text of the agent's call panel."""
    return page_text(client.get_part("/desk/call-panel"))


def add_customer(app: RunningApp, name: str, *phones: str, **more: str) -> str:
    """Adds a customer with these numbers; their id."""
    response = app.send("POST", "/customers", {"name": name, "phones": list(phones), **more})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def enable_softphone(app: RunningApp, agent_id: str) -> None:
    """Has calls ring in this agent's browser from now on."""
    next_year = app.services.clock.now().replace(year=app.services.clock.now().year + 1)

    def verb(session: Session) -> None:
        session.get_one(Agent, agent_id).softphone_until = next_year

    do(app, verb)


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An available agent with an ordinary phone."""
    return sign_in(app, "Ana Lane", number=PHONE, available=True)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("available", "You are available"),
        ("break", "You are on a break"),
        ("offline", "You are offline"),
    ],
)
def test_an_agent_without_a_call_sees_their_state(
    app: RunningApp, ana: PageClient, state: str, text: str
) -> None:
    do(app, partial(states.set_state, agent_id=ana.id, state=state, now=app.services.clock.now()))
    assert text in page_text(ana.get_page("/desk"))


def test_an_agent_without_phone_or_softphone_is_told_so(app: RunningApp) -> None:
    ben = sign_in(app, "Ben Ode", available=True)
    assert "No call can reach you" in panel_text(ben)
    assert "No call can ring you" in page_text(ben.get_part("/desk/state"))


def test_a_supervisors_first_page_is_the_calls(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue Head", "supervisor")
    assert (sue.get("/").headers["location"], ana.get("/").headers["location"]) == ("/calls", "/desk")
    assert "You take no calls" in page_text(sue.get_page("/desk"))


def test_the_offered_agent_sees_who_is_calling(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    ben = sign_in(app, "Ben Ode", number="+12025550102")
    mina = add_customer(app, "Mina Halloran", "+12025550134")
    app.send("PATCH", f"/customers/{mina}", {"tier": "gold"})
    call = IncomingCall(app).through_menus()
    text = panel_text(ana)
    for part in (
        "About to ring",
        "Mina Halloran",
        "Gold",
        "+1 202 555 0134",
        "Speaks English",
        "Menu: Sales",
    ):
        assert part in text
    assert "Incoming call: Mina Halloran. Gold customer. Sales. English." in text
    assert f'data-pop="{call.id}"' in ana.get_part("/desk/call-panel")
    assert "Mina" not in ben.get_part("/desk/call-panel")
    call.ring()
    clock.advance(7)
    assert "Ringing 0:07 passes on in 13 s" in panel_text(ana)


def test_an_agent_with_a_phone_is_told_to_pick_it_up(app: RunningApp, ana: PageClient) -> None:
    IncomingCall(app).through_menus()
    assert "Pick up +1 202 555 0101 and press 1" in panel_text(ana)
    assert 'data-act="answer"' not in ana.get_part("/desk/call-panel")


def test_in_a_browser_answer_is_the_first_button_and_hang_up_the_last(
    app: RunningApp, ana: PageClient
) -> None:
    enable_softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").through_menus()
    ringing = ana.get_part("/desk/call-panel")
    assert ringing.index('data-act="answer"') < ringing.index('data-act="pass"')
    call.ring()
    call.pick_up()
    talking = ana.get_part("/desk/call-panel")
    assert 'data-act="answer"' not in talking
    assert talking.index('data-act="mute"') < talking.index('data-act="hangup"')


def test_the_panel_shows_a_call_from_ringing_to_wrap_up(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    enable_softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").through_menus()
    call.ring()
    clock.advance(4)
    call.pick_up()
    clock.advance(61)
    assert "In call Sales" in panel_text(ana)
    assert "1:01" in panel_text(ana)
    assert "Recording" in panel_text(ana)
    call.hang_up(65)
    text = panel_text(ana)
    assert "Wrap-up" in text
    assert "0:30" in text
    assert "I’m ready" in text
    clock.advance(5)
    assert "1:25" in page_text(ana.post("/desk/wrap-up/longer", None, **HTMX).text)
    assert "You are available" in page_text(ana.post("/desk/wrap-up/end", None, **HTMX).text)
    assert app.agent(ana.id).state == "available"


def test_wrap_up_never_lasts_longer_than_ten_minutes(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    enable_softphone(app, ana.id)
    call = IncomingCall(app, target=f"client:{ana.id}").through_menus()
    call.ring()
    call.pick_up()
    call.hang_up()
    start = clock.now()
    for _ in range(15):
        ana.post("/desk/wrap-up/longer")
    until = app.agent(ana.id).wrap_up_until
    assert until is not None
    assert (until - start).total_seconds() == 600


def test_a_call_passed_on_is_shown_for_a_moment(app: RunningApp, ana: PageClient, clock: SetClock) -> None:
    call = IncomingCall(app).through_menus()
    ben = sign_in(app, "Ben Ode", number="+12025550102", available=True)
    call.ring()
    call.fail_leg()
    assert "Passed on to a colleague" in panel_text(ana)
    assert "data-pop" in ben.get_part("/desk/call-panel")
    call.target = "+12025550102"
    call.ring()
    clock.advance(1)
    call.pick_up()
    clock.advance(4)
    assert "You are available" in panel_text(ana)


def test_a_caller_who_gave_up_is_shown_for_a_moment(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    call = IncomingCall(app).through_menus()
    call.ring()
    call.hang_up(12)
    text = panel_text(ana)
    assert "The caller gave up" in text
    assert "To be rung back" in text
    assert "data-again" in ana.get_part("/desk/call-panel")
    clock.advance(4)
    assert "You are available" in panel_text(ana)


@pytest.mark.background
def test_earlier_missed_calls_are_shown_with_the_call(
    app: RunningApp, ana: PageClient, clock: SetClock
) -> None:
    add_customer(app, "Mina Halloran", "+12025550134")
    for _ in range(2):
        call = IncomingCall(app).through_menus()
        call.hang_up(9)
        clock.advance(120)
    IncomingCall(app).through_menus()
    text = panel_text(ana)
    assert "We owe them a call back" not in text  # due in half an hour: nobody is late yet
    assert "Called in vain 2 times since anybody spoke with them" in text
    clock.advance(1800)
    assert "We owe them a call back" in panel_text(ana)


def test_a_withheld_number_belongs_to_no_customer(app: RunningApp, ana: PageClient) -> None:
    call = IncomingCall(app, caller="+266696687").through_menus()
    assert "Number withheld" in panel_text(ana)
    card = page_text(ana.get_part(f"/desk/card/{call.id}"))
    assert "Nothing is known of this caller" in card
    assert "Who is this?" not in card
    response = ana.post(f"/desk/calls/{call.id}/new", {"name": "Mina"})
    assert response.status_code == 422
    assert "keeps their number to themselves" in page_text(response.text)


def test_names_are_escaped_in_the_panel(app: RunningApp, ana: PageClient) -> None:
    add_customer(app, "<b onclick=x>Mina</b>", "+12025550134")
    IncomingCall(app).through_menus()
    assert "<b onclick" not in ana.get_part("/desk/call-panel")
    assert "&lt;b onclick=x&gt;Mina&lt;/b&gt;" in ana.get_part("/desk/call-panel")
