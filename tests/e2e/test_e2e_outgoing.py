"""Calls that go out: by a click, and from the browser's softphone."""

from functools import partial
from typing import Any

import pytest

from callcrm.calls.rebuild import rebuild
from callcrm.simulator.parties.callees import CalleeBehaviour, answers, busy, mobile_voicemail, no_answer
from callcrm.simulator.parties.callers import HangUp, Script, Talk, Wait
from tests.e2e.call_centre import STAFF, CallCentre, RunStory
from tests.running_app import PUBLIC

pytestmark = pytest.mark.engine("sqlite")
CUSTOMER = "+12025550150"
ENDINGS: dict[str, tuple[CalleeBehaviour, str, list[str]]] = {
    "answered": (answers(talks=30), "answered", ["completed", "completed"]),
    "in vain": (no_answer(), "no_answer", ["completed", "no_answer"]),
    "engaged": (busy(), "busy", ["completed", "busy"]),
}


async def _click_to_call(centre: CallCentre, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {centre.bearer}", "Idempotency-Key": key}
    body = {"to": "+1 202 555 0150", "agent": centre.agents["Ana"]}
    response = await centre.http.post("/api/v1/calls", json=body, headers=headers)
    assert response.status_code == 201, response.text
    call: dict[str, Any] = response.json()
    return call


async def _states(centre: CallCentre) -> dict[str, str]:
    return {agent["name"]: agent["state"] for agent in (await centre.get("/agents"))["items"]}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_click_rings_the_agent_and_then_the_customer_once(run_story: RunStory, ending: str) -> None:
    customer, outcome, statuses = ENDINGS[ending]

    async def story(centre: CallCentre) -> None:
        placed = await _click_to_call(centre, "k1")
        assert (await _click_to_call(centre, "k1"))["id"] == placed["id"]
        await centre.carrier.settle()
        (truth,) = centre.carrier.ground_truth.calls.values()
        call = await centre.get(f"/calls/{placed['id']}")
        assert (call["direction"], call["to"], call["outcome"]) == ("outbound", CUSTOMER, outcome)
        assert [leg["target"] for leg in call["legs"]] == [STAFF["Ana"], CUSTOMER]
        assert [leg["status"] for leg in call["legs"]] == statuses
        assert call["agent"]["name"] == "Ana"
        assert call["talk_seconds"] == sum(round(talk.seconds) for talk in truth.conversations)
        assert call["duration_seconds"] == truth.root.seconds
        await centre.pass_time(60)
        assert await _states(centre) == {"Ana": "available", "Omar": "available"}

    run_story(story, callees={CUSTOMER: [customer], STAFF["Ana"]: [answers(talks=300)]})


def test_an_outgoing_call_that_nobody_hangs_up_ends_at_its_limit(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        placed = await _click_to_call(centre, "k1")
        await centre.carrier.settle()
        (truth,) = centre.carrier.ground_truth.calls.values()
        limit = centre.services.settings.call_seconds
        assert (truth.root.seconds, truth.root.ended_by) == (limit, "carrier")
        assert [leg.ended == truth.root.ended for leg in truth.legs] == [True]
        call = await centre.get(f"/calls/{placed['id']}")
        assert (call["state"], call["duration_seconds"]) == ("ended", limit)

    for_ever = answers(talks=10**6)
    run_story(story, callees={CUSTOMER: [for_ever], STAFF["Ana"]: [for_ever]})


def test_an_agent_who_dials_from_the_browser_is_not_rung_meanwhile(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        ana, url = centre.agents["Ana"], f"{PUBLIC}/webhooks/twilio/client"
        dialling = centre.carrier.call_from_browser(ana, url, {"To": CUSTOMER}, Script((Talk(200), HangUp())))

        async def meanwhile() -> dict[str, str]:
            await centre.clock.sleep(20)
            return await _states(centre)

        outgoing = centre.clock.spawn(dialling)
        assert await centre.clock.join(centre.clock.spawn(meanwhile())) == [{"Ana": "on_call"}]
        (truth,) = await centre.clock.join(outgoing)
        await centre.carrier.settle()
        assert [talk.peer for talk in truth.conversations] == [CUSTOMER]
        assert await _states(centre) == {"Ana": "wrap_up"}
        await centre.pass_time(60)
        assert await _states(centre) == {"Ana": "available"}

    run_story(story, staff={"Ana": STAFF["Ana"]}, callees={CUSTOMER: [answers(talks=600)]})


async def _owed(centre: CallCentre) -> list[tuple[str, str]]:
    """The promises there are: kind and state."""
    await centre.run_jobs()
    return [(promise["kind"], promise["state"]) for promise in (await centre.get("/promises"))["items"]]


async def _rebuild(centre: CallCentre, sid: str) -> None:
    verb = partial(rebuild, runtime=centre.services.runtime, root_sid=sid, now=centre.clock.now())
    assert await centre.services.store.write(verb)


async def _patch(centre: CallCentre, path: str, **changes: str) -> None:
    headers = {"Authorization": f"Bearer {centre.bearer}"}
    response = await centre.http.patch(f"/api/v1{path}", json=changes, headers=headers)
    assert response.status_code == 200, response.text


def test_a_mailbox_that_answers_the_ring_back_closes_nothing(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        await centre.sign_on()
        for _ in range(3):
            await centre.call(CUSTOMER, Script((Wait(3), HangUp())))
        assert await _owed(centre) == [("missed", "open")]
        await centre.sign_on("Ana", "Omar")
        placed = await _click_to_call(centre, "k1")
        await centre.carrier.settle()
        call = await centre.get(f"/calls/{placed['id']}")
        assert call["outcome"] == "answered"
        assert await _owed(centre) == [("missed", "open")]
        await _patch(centre, f"/calls/{placed['id']}", disposition="mailbox")
        assert await _owed(centre) == [("missed", "open")]
        await _patch(centre, f"/calls/{placed['id']}", disposition="question_answered")
        assert await _owed(centre) == [("missed", "kept")]
        (promise,) = (await centre.get("/promises"))["items"]
        await _patch(centre, f"/promises/{promise['id']}", state="open")
        for sid in (call["carrier_sid"], *centre.carrier.ground_truth.calls):
            await _rebuild(centre, sid)
        assert await _owed(centre) == [("missed", "open")]

    run_story(story, callees={CUSTOMER: [mobile_voicemail()], STAFF["Ana"]: [answers(talks=300)]})
