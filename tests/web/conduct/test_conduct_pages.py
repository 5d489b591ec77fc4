"""Conduct on pages: incidents, the ladder, the abuse button, what supervisors see."""

from datetime import timedelta
from typing import Any

import pytest

from callcrm.business import modules
from callcrm.crm.conduct import cool_down
from callcrm.models import Agent
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.desk.test_call_panel import enable_softphone
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, page_text, sign_in

pytestmark = pytest.mark.one_engine

HTMX = {"HX-Request": "true"}
PHONE = "+12025550134"
WEEK = {"agent": "", "monday": "9-12, 13:30–17", "channel": "", "reason": "A threat.", "review": "90"}


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, who takes calls."""
    client = sign_in(app, "Ana Lane", available=True)
    enable_softphone(app, client.id)
    return client


@pytest.fixture
def mina(app: RunningApp) -> str:
    """A customer."""
    response = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]})
    return str(response.json()["id"])


def test_an_agents_step_waits_for_a_supervisor_who_approves_it(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}/conduct"
    step = {"step": "warned", "reason": "Shouted at Ana.", "text": "Please do not shout.", "review": "30"}
    assert ana.post(path, step).status_code == 303
    assert app.get(path)["standing"] == "none"
    assert "1" in page_text(grace.get_part("/conduct/count"))
    waiting = page_text(grace.get_page("/conduct"))
    assert "Waiting for a supervisor 1" in waiting
    assert "Mina Halloran" in waiting
    (row,) = app.get(path)["steps"]
    assert ana.post(f"/conduct/steps/{row['id']}/approve", {}).status_code == 403
    assert grace.post(f"/conduct/steps/{row['id']}/approve", {}).status_code == 303
    shown = app.get(path)
    assert (shown["standing"], shown["steps"][0]["text"]) == ("warned", "Please do not shout.")
    text = page_text(ana.get_page(f"/customers/{mina}"))
    assert "You may end the call after one warning." in text
    assert "Please do not shout." in page_text(ana.get_page(path))


def test_a_plan_is_said_first_on_the_pop_in_a_sentence(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str
) -> None:
    path = f"/customers/{mina}/contact-plan"
    assert grace.post(path, WEEK | {"agent": ana.id, "tuesday": "9-12, 13:30-17"}).status_code == 303
    plan = app.get(f"/customers/{mina}")["contact_plan"]
    assert plan["hours"] == {day: ["09:00-12:00", "13:30-17:00"] for day in ("monday", "tuesday")}
    app.rings("CA1", PHONE)
    card = page_text(ana.get_part(f"/desk/card/{app.get('/calls/CA1')['id']}"))
    assert "Only Ana Lane speaks with them, Mon–Tue 09:00–12:00, 13:30–17:00." in card


@pytest.mark.parametrize(
    "changes",
    [{"agent": "nobody"}, {"monday": "morning"}, {"monday": "12-9"}, {"review": ""}, {"channel": "owl"}],
)
def test_a_plan_that_is_none_is_refused(
    grace: PageClient, ana: PageClient, mina: str, changes: dict[str, str]
) -> None:
    sent = WEEK | {"agent": ana.id} | changes
    assert grace.post(f"/customers/{mina}/contact-plan", sent).status_code == 422


def test_a_step_whose_review_has_come_is_in_the_list_and_the_count(
    app: RunningApp, grace: PageClient, mina: str, clock: SetClock
) -> None:
    step = {"step": "warned", "reason": "Shouted.", "text": "", "review": "30"}
    grace.post(f"/customers/{mina}/conduct", step)
    assert page_text(grace.get_part("/conduct/count")) == ""
    clock.advance(timedelta(days=31).total_seconds())
    grace = sign_in(app, "Gina", "supervisor")
    assert "To be looked at again 1" in page_text(grace.get_page("/conduct"))
    assert "1" in page_text(grace.get_part("/conduct/count"))
    (row,) = app.get(f"/customers/{mina}/conduct")["steps"]
    grace.post(f"/conduct/steps/{row['id']}/review", {})
    assert page_text(grace.get_part("/conduct/count")) == ""


def test_an_incident_is_filed_from_a_call_in_two_clicks_and_taken_back(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    app.rings("CA1", PHONE)
    call = app.get("/calls/CA1")["id"]
    form = ana.get_part(f"/conduct/incidents/new?call={call}")
    assert "What happened?" in page_text(form)
    sent = {"call": call, "kind": "threat", "body": "Said he would come."}
    filed = page_text(ana.post("/conduct/incidents/new", sent, **HTMX).text)
    assert "Filed: Threat" in filed
    (incident,) = app.get("/incidents", customer=mina)["items"]
    assert (incident["call"], incident["kind"]) == (call, "threat")
    assert "Said he would come." in page_text(ana.get_page(f"/conduct/incidents/{incident['id']}"))
    ana.post(f"/conduct/incidents/{incident['id']}/withdraw", {})
    assert app.get("/incidents")["items"] == []


def talking(app: RunningApp, caller: str = PHONE) -> IncomingCall:
    call = IncomingCall(app, caller).through_menus()
    call.ring()
    call.pick_up()
    return call


def row_of(app: RunningApp, agent: PageClient) -> Agent:
    return app.agent(agent.id)


def end_cool_downs(app: RunningApp, clock: SetClock) -> None:
    def verb(session: Any) -> int:
        return cool_down.end_due(session, app.services.runtime, clock.now())

    app.services.store.write_now(verb)


@pytest.mark.parametrize("caller", [PHONE, "+12025550177"])
def test_one_click_files_abuse_calls_a_supervisor_and_gives_a_break(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str, clock: SetClock, caller: str
) -> None:
    call = talking(app, caller)
    clock.advance(73)
    pressed = page_text(ana.post("/conduct/abuse", {"call": call.id}, **HTMX).text)
    assert "A supervisor has been called." in pressed
    assert "I will end this call" in pressed
    (incident,) = app.get("/incidents")["items"]
    assert (incident["kind"], incident["second"], incident["call"]) == ("abuse", 73.0, call.id)
    assert (incident["customer"] or {}).get("id") == (mina if caller == PHONE else None)
    notice = grace.get_part("/conduct/notice")
    assert "Ana Lane is being abused on a call" in page_text(notice)
    assert f"/calls/{call.id}" in notice
    grace.post(f"/conduct/incidents/{incident['id']}/help", {}, **HTMX)
    assert page_text(grace.get_part("/conduct/notice")) == ""
    assert "Grace is coming." in page_text(ana.get_part(f"/conduct/abuse?call={call.id}"))
    assert row_of(app, ana).next_state == "break"
    call.end_leg(80)
    call.hang_up(90)
    ana.post("/desk/wrap-up/end", {})
    end_cool_downs(app, clock)
    assert row_of(app, ana).state == "break"
    clock.advance(599)
    end_cool_downs(app, clock)
    assert row_of(app, ana).state == "break"
    clock.advance(2)
    end_cool_downs(app, clock)
    assert row_of(app, ana).state == "available"


def test_undo_takes_back_incident_alarm_and_break(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str
) -> None:
    call = talking(app)
    ana.post("/conduct/abuse", {"call": call.id}, **HTMX)
    (incident,) = app.get("/incidents")["items"]
    ana.post(f"/conduct/abuse/{incident['id']}/undo", {}, **HTMX)
    assert app.get("/incidents")["items"] == []
    assert page_text(grace.get_part("/conduct/notice")) == ""
    assert row_of(app, ana).next_state is None


def test_who_ends_their_break_has_ended_it(
    app: RunningApp, ana: PageClient, mina: str, clock: SetClock
) -> None:
    call = talking(app)
    ana.post("/conduct/abuse", {"call": call.id}, **HTMX)
    call.end_leg(50)
    call.hang_up(60)
    ana.post("/desk/wrap-up/end", {})
    app.send("PUT", f"/agents/{ana.id}/state", {"state": "available"})
    end_cool_downs(app, clock)
    app.send("PUT", f"/agents/{ana.id}/state", {"state": "break"})  # one of their own
    clock.advance(3600)
    end_cool_downs(app, clock)
    assert row_of(app, ana).state == "break"


def test_only_who_speaks_with_the_caller_has_the_button(app: RunningApp, ana: PageClient, mina: str) -> None:
    ben = sign_in(app, "Ben", available=True)
    call = talking(app)
    assert ben.post("/conduct/abuse", {"call": call.id}, **HTMX).status_code == 403


def test_a_call_out_past_the_plan_needs_a_supervisor(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str
) -> None:
    ben = sign_in(app, "Ben", available=True)
    enable_softphone(app, ben.id)
    grace.post(f"/customers/{mina}/contact-plan", WEEK | {"agent": ana.id})
    refused = ben.post("/ring", {"to": PHONE}, **HTMX)
    assert refused.status_code == 409
    assert "Only Ana Lane speaks with this customer." in page_text(refused.text)
    body = {"to": PHONE, "agent": ben.id}
    assert app.send("POST", "/calls", body).json()["type"].endswith("contact-plan")
    went_through = app.send("POST", "/calls", body | {"override": "She asked for Ben."})
    assert went_through.status_code == 503  # the carrier is not there: the rule no more in the way


def test_burden_and_worth_stand_beside_each_other(
    app: RunningApp, grace: PageClient, ana: PageClient, mina: str, clock: SetClock
) -> None:
    call = talking(app)
    clock.advance(600)
    call.end_leg(600)
    call.hang_up(610)
    app.send("POST", f"/customers/{mina}/incidents", {"kind": "nuisance"})
    for reader in (ana, grace):
        text = page_text(reader.get_page(f"/customers/{mina}"))
        assert "Calls 1 Minutes on the phone 10" in text
        assert "Incidents 1" in text
    listed = page_text(grace.get_page("/conduct/burden?by=incidents&days=30"))
    assert "Mina Halloran" in listed
    assert ana.get("/conduct/burden").status_code == 403


def test_settings_change_the_break(app: RunningApp, grace: PageClient, ana: PageClient, mina: str) -> None:
    assert grace.post("/settings/conduct", {"minutes": "200", "days": "60"}).status_code == 422
    assert grace.post("/settings/conduct", {"minutes": "۰", "days": "60"}).status_code == 303
    call = talking(app)
    assert "break" not in page_text(ana.post("/conduct/abuse", {"call": call.id}, **HTMX).text)
    assert row_of(app, ana).next_state is None


def test_what_is_off_is_nowhere(app: RunningApp, grace: PageClient, mina: str) -> None:
    app.services.store.write_now(
        lambda session: modules.switch_off(session, ["conduct"], by=None, now=app.services.clock.now())
    )
    assert grace.get("/conduct").status_code == 404
    assert app.send("GET", "/incidents").status_code == 404
    assert "Conduct" not in page_text(grace.get_page(f"/customers/{mina}"))


@pytest.mark.parametrize("second", ["nan", "inf", "1e999", "-1", "86401"])
def test_a_second_that_no_call_has_is_refused(
    app: RunningApp, ana: PageClient, mina: str, second: str
) -> None:
    call = talking(app)
    sent = {"kind": "nuisance", "call": call.id, "customer": "", "body": "Rang all day.", "second": second}
    assert ana.post("/conduct/incidents/new", sent).status_code == 422
    assert app.get("/incidents")["items"] == []


def test_what_a_customer_spent_may_be_more_than_one_amount_of_money(
    app: RunningApp, grace: PageClient, mina: str
) -> None:
    total = {"amount": 10**15, "currency": "USD"}
    for _ in range(2):
        assert app.send("POST", f"/customers/{mina}/purchases", {"total": total}).status_code == 201
    assert app.send("POST", f"/customers/{mina}/incidents", {"kind": "nuisance"}).status_code == 201
    for path in (f"/customers/{mina}", "/conduct/burden"):
        assert "20,000,000,000,000" in page_text(grace.get_page(path))
