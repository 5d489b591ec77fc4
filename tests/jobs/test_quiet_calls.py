"""Calls of which nothing is heard: the carrier is asked within minutes, and what is over holds nobody."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from sqlmodel import Session

from callcrm.calls.ingest import call_rows
from callcrm.carrier import events
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.ivr.steps import NodeKind, Position
from callcrm.jobs.quiet_calls import QuietCalls
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.models import Agent
from tests.clocks import CLOCK
from tests.jobs.carrier_world import ACCOUNT, LEILA, OURS, World, form, in_conversation, lists

pytestmark = pytest.mark.respx(assert_all_called=False)


def look_up(world: World, quiet_calls: QuietCalls | None = None) -> Report:
    """What the periodic job does."""

    async def run() -> Report:
        async with open_http() as http:
            rest_client = open_rest_client(world.runtime.settings, CLOCK, http)
            patience = timedelta(minutes=2)
            reconciler = Reconciler(world.store, rest_client, world.runtime, world.clock, patience)
            return await (quiet_calls or QuietCalls()).run(reconciler)

    return asyncio.run(run())


def sara(world: World) -> tuple[str, str | None]:
    def verb(session: Session) -> tuple[str, str | None]:
        agent = session.get(Agent, world.sara)
        assert agent is not None
        return agent.state, agent.call_id

    return world.store.read_now(verb)


def live(prefix: str, world: World) -> list[dict[str, Any]]:
    """The carrier's resources of the call while it goes on."""
    calls, _ = world.rest(prefix)
    return [
        {key: value for key, value in call.items() if key not in ("end_time", "duration")}
        | {"status": "in-progress"}
        for call in calls
    ]


def test_a_call_the_carrier_says_is_over_holds_its_agent_no_longer(
    world: World, respx_mock: respx.MockRouter
) -> None:
    in_conversation(world)
    calls, _ = world.rest("W")
    lists(respx_mock, [], [], fetchable=calls)
    world.clock.advance(121)
    assert look_up(world).repaired_calls == 1
    assert sara(world) == ("wrap_up", None)
    facts = world.call("W1", ["state", "outcome", "duration_seconds"])
    assert facts == {"state": "ended", "outcome": "answered", "duration_seconds": 60}


def test_a_call_the_carrier_has_lost_holds_its_agent_no_longer(
    world: World, respx_mock: respx.MockRouter
) -> None:
    in_conversation(world)
    lists(respx_mock, [], [], fetchable=[])
    world.clock.advance(121)
    look_up(world)
    assert sara(world) == ("wrap_up", None)
    assert world.call("W1", ["state", "outcome", "agent_id"]) == {
        "state": "ended",
        "outcome": "answered",
        "agent_id": world.sara,
    }


def test_a_conversation_that_goes_on_is_left_alone_and_asked_after_now_and_then(
    world: World, respx_mock: respx.MockRouter
) -> None:
    in_conversation(world)
    lists(respx_mock, [], [], fetchable=live("W", world))
    quiet_calls = QuietCalls()
    world.clock.advance(3600)
    for _ in range(8):  # four minutes
        look_up(world, quiet_calls)
        world.clock.advance(30)
    assert sara(world) == ("on_call", call_rows.call_id("W1"))
    fetched = [call.request.url.path for call in respx_mock.calls]
    assert fetched.count("/2010-04-01/Accounts/AC1/Calls/W1.json") == 2


def test_an_agents_leg_that_is_over_lets_them_go_while_the_caller_stays(
    world: World, respx_mock: respx.MockRouter
) -> None:
    in_conversation(world)
    _, child = world.rest("W")[0]
    lists(respx_mock, [], [], fetchable=[live("W", world)[0], child])
    world.clock.advance(600)
    look_up(world)
    assert sara(world)[0] == "wrap_up"
    assert world.call("W1", ["state"]) != {"state": "ended"}


def test_a_carrier_that_is_away_changes_nothing_until_it_is_back(
    world: World, respx_mock: respx.MockRouter
) -> None:
    in_conversation(world)
    respx_mock.get(url__startswith=ACCOUNT).mock(side_effect=httpx.ConnectError("away"))
    world.clock.advance(600)
    with pytest.raises(Exception, match="carrier"):
        look_up(world)
    assert sara(world)[0] == "on_call"


def test_calls_of_another_account_live_though_ours_does_not_know_them(
    world: World, respx_mock: respx.MockRouter
) -> None:
    inbound = form(
        AccountSid="AC2", CallSid="X1", CallStatus="ringing", From=LEILA, To=OURS, Direction="inbound"
    )
    request = events.parse_flow_request("start", "/x", Position(NodeKind.START), inbound, world.clock.now())
    assert request
    world.record([request.event])
    lists(respx_mock, [], [], fetchable=[])
    world.clock.advance(3600)
    look_up(world)
    assert world.call("X1", ["state"]) == {"state": "ringing"}
    world.clock.advance(4 * 3600)
    look_up(world)
    assert world.call("X1", ["state"]) == {"state": "ended"}


def test_a_caller_who_was_given_up_on_wrongly_lives_again_with_their_next_request(
    world: World, respx_mock: respx.MockRouter
) -> None:
    first, _ = world.requests("W")
    world.record([first])
    lists(respx_mock, [], [], fetchable=[])
    world.clock.advance(200)
    look_up(world)
    assert world.call("W1", ["state"]) == {"state": "ended"}
    fields = form(CallSid="W1", CallStatus="in-progress", From=LEILA, To=OURS, Digits="1")
    position = Position(NodeKind.NODE, "main", node="main", step=1)
    request = events.parse_flow_request("node", "/y", position, fields, world.clock.now())
    assert request
    world.record([request.event])
    assert world.call("W1", ["state", "ended_at"]) == {"state": "ringing", "ended_at": None}
