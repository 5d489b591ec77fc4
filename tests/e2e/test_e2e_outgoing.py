"""Calls that go out: by a click, and from the browser's softphone."""

from typing import Any

import pytest

from callcrm.simulator.parties.callees import CalleeBehaviour, answers, busy, no_answer
from callcrm.simulator.parties.callers import HangUp, Script, Talk
from tests.e2e.town import STAFF, Tell, Town
from tests.running_app import PUBLIC

pytestmark = pytest.mark.engine("sqlite")
CUSTOMER = "+12025550150"
ENDS: dict[str, tuple[CalleeBehaviour, str, list[str]]] = {
    "answered": (answers(talks=30), "answered", ["completed", "completed"]),
    "in vain": (no_answer(), "no_answer", ["completed", "no_answer"]),
    "engaged": (busy(), "busy", ["completed", "busy"]),
}


async def _click(town: Town, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {town.bearer}", "Idempotency-Key": key}
    wish = {"to": "+1 202 555 0150", "agent": town.agents["Ana"]}
    answer = await town.http.post("/api/v1/calls", json=wish, headers=headers)
    assert answer.status_code == 201, answer.text
    call: dict[str, Any] = answer.json()
    return call


async def _states(town: Town) -> dict[str, str]:
    return {one["name"]: one["state"] for one in (await town.get("/agents"))["items"]}


@pytest.mark.parametrize("how", ENDS)
def test_a_click_rings_the_agent_and_then_the_customer_once(tell: Tell, how: str) -> None:
    customer, outcome, statuses = ENDS[how]

    async def story(town: Town) -> None:
        clicked = await _click(town, "k1")
        assert (await _click(town, "k1"))["id"] == clicked["id"]
        await town.carrier.settle()
        (truth,) = town.carrier.ground_truth.calls.values()
        call = await town.get(f"/calls/{clicked['id']}")
        assert (call["direction"], call["to"], call["outcome"]) == ("outbound", CUSTOMER, outcome)
        assert [leg["target"] for leg in call["legs"]] == [STAFF["Ana"], CUSTOMER]
        assert [leg["status"] for leg in call["legs"]] == statuses
        assert call["agent"]["name"] == "Ana"
        assert call["talk_seconds"] == sum(round(talk.seconds) for talk in truth.conversations)
        assert call["duration_seconds"] == truth.root.seconds
        await town.later(60)
        assert await _states(town) == {"Ana": "available", "Omar": "available"}

    tell(story, people={CUSTOMER: [customer], STAFF["Ana"]: [answers(talks=300)]})


def test_whoever_dials_from_the_browser_is_not_rung_meanwhile(tell: Tell) -> None:
    async def story(town: Town) -> None:
        ana, url = town.agents["Ana"], f"{PUBLIC}/webhooks/twilio/client"
        dialling = town.carrier.call_from_browser(ana, url, {"To": CUSTOMER}, Script((Talk(200), HangUp())))
        outgoing = town.clock.spawn(dialling)
        await town.clock.join(town.clock.spawn(town.clock.sleep(20)))
        assert await _states(town) == {"Ana": "on_call"}
        (truth,) = await town.clock.join(outgoing)
        await town.carrier.settle()
        assert [talk.peer for talk in truth.conversations] == [CUSTOMER]
        assert await _states(town) == {"Ana": "wrap_up"}
        await town.later(60)
        assert await _states(town) == {"Ana": "available"}

    tell(story, staff={"Ana": STAFF["Ana"]}, people={CUSTOMER: [answers(talks=600)]})
