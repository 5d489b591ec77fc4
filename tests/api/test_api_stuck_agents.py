"""An agent whom a call holds that is over: a supervisor sets them free, and so does the carrier's word."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from sqlmodel import Session

from callcrm.agents import states
from callcrm.calls.ingest import call_rows, ingest
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.models import Agent, AgentState
from tests.api.support.office import CARRIER, NOON, OWN_NUMBER, Office

CALLER, SID, LEG = "+12025550123", "CA" + "1" * 32, "CA" + "2" * 32
RESOURCE = f"{CARRIER}/2010-04-01/Accounts/AC1/Calls"


@pytest.fixture
def held(office: Office) -> Office:
    """Ana is in a call whose end never came."""
    inbound = {
        "CallSid": SID,
        "From": CALLER,
        "To": OWN_NUMBER,
        "Direction": "inbound",
        "CallStatus": "ringing",
    }
    leg = {"ParentCallSid": SID, "CallSid": LEG, "CallStatus": "in-progress", "To": "+12025550110"}

    def verb(session: Session) -> None:
        runtime, now = office.parts.runtime, office.parts.clock.now()
        for event in (
            events.parse_leg_status("/status", {}, Form(inbound.items()), now),
            events.parse_leg_status("/leg", {"agent": "ana", "step": "1"}, Form(leg.items()), now),
        ):
            ingest.record_callback(session, runtime, event, now)
        states.claim(session, "ana", call_rows.call_id(SID), now)
        states.mark_on_call(session, "ana", call_rows.call_id(SID), now)

    office.do(verb)
    office.parts.clock.advance(900)
    return office


def ana(office: Office) -> tuple[str, str | None, str | None]:
    def verb(session: Session) -> tuple[str, str | None, str | None]:
        agent = session.get(Agent, "ana")
        assert agent
        return agent.state, agent.call_id, agent.next_state

    return office.do(verb)


def carrier_says(
    mock: respx.MockRouter, root: dict[str, Any] | None, leg: dict[str, Any] | None = None
) -> None:
    for sid, resource in ((SID, root), (LEG, leg or root)):
        answer = (
            httpx.Response(200, json={"sid": sid} | resource) if resource else httpx.Response(404, json={})
        )
        mock.get(f"{RESOURCE}/{sid}.json").mock(return_value=answer)


OVER = {
    "status": "completed",
    "direction": "inbound",
    "end_time": "Mon, 05 Jan 2026 12:05:00 +0000",
    "duration": "300",
}
ALIVE = {"status": "in-progress", "direction": "inbound"}


@pytest.mark.parametrize("state", ["available", "break", "offline"])
def test_a_supervisor_frees_them_where_the_carrier_is_gone(held: Office, state: str) -> None:
    assert held.sara.send("PUT", "/agents/ana/state", {"state": state})["state"] == state
    assert ana(held) == (state, None, None)


def test_whom_nobody_frees_is_freed_by_nobody(held: Office) -> None:
    """Their own word is not enough where nobody can tell whether the call goes on."""
    held.ana.send("PUT", "/agents/ana/state", {"state": "break"})
    assert ana(held) == ("on_call", call_rows.call_id(SID), "break")


@pytest.mark.respx(assert_all_called=False)
def test_a_call_that_goes_on_holds_them_whoever_wants_them_free(
    held: Office, respx_mock: respx.MockRouter
) -> None:
    carrier_says(respx_mock, ALIVE)
    held.sara.send("PUT", "/agents/ana/state", {"state": "break"})
    assert ana(held) == ("on_call", call_rows.call_id(SID), "break")


@pytest.mark.respx(assert_all_called=False)
@pytest.mark.parametrize("root", [OVER, None])
def test_a_call_that_is_over_or_unknown_frees_them_at_their_own_word_and_is_ended(
    held: Office, respx_mock: respx.MockRouter, root: dict[str, Any] | None
) -> None:
    carrier_says(respx_mock, root)
    held.ana.send("PUT", "/agents/ana/state", {"state": "available"})
    assert ana(held) == ("available", None, None)
    call = held.ana.get(f"/calls/{SID}")
    assert (call["state"], call["outcome"]) == ("ended", "answered")
    assert call["duration_seconds"] == (300 if root else 0)


@pytest.mark.respx(assert_all_called=False)
def test_a_leg_that_is_over_frees_them_while_the_caller_stays(
    held: Office, respx_mock: respx.MockRouter
) -> None:
    carrier_says(respx_mock, ALIVE, OVER | {"parent_call_sid": SID, "direction": "outbound-dial"})
    held.sara.send("PUT", "/agents/ana/state", {"state": "available"})
    assert ana(held) == ("available", None, None)
    assert held.ana.get(f"/calls/{SID}")["state"] != "ended"


def test_who_is_rung_by_a_call_that_was_never_placed_is_freed(office: Office) -> None:
    def verb(session: Session) -> None:
        states.claim_for_outbound(session, "ana", "place_1", NOON + timedelta(seconds=1))

    office.do(verb)
    office.sara.send("PUT", "/agents/ana/state", {"state": "available"})
    assert ana(office) == (AgentState.AVAILABLE, None, None)


def test_the_version_of_an_agent_who_is_freed_is_held_against_if_match(held: Office) -> None:
    old = held.sara.ask("GET", "/agents/ana").headers["ETag"]
    held.sara.send("PATCH", "/agents/ana", {"skills": ["refunds"]})
    body = {"state": "available"}
    held.sara.send("PUT", "/agents/ana/state", body, 412, headers={"If-Match": old})
    assert ana(held)[0] == "on_call"
