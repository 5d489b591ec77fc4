"""The question after a conversation, as the simulated carrier's callers live it."""

import pytest

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callers import Press, Script, Talk
from callcrm.simulator.scenarios.library import PERSIAN, find_scenario
from tests.e2e.call_centre import STAFF, CallCentre, RunStory

QUESTION = "how content are you"


def was_asked(truth: CallTruth) -> bool:
    """Whether the caller heard the question, in whichever language."""
    heard = [sound.sound.text + sound.sound.url for sound in truth.heard_sounds]
    return any(QUESTION in words or "survey-csat" in words for words in heard)


async def complain(centre: CallCentre, phone: str) -> str:
    """A customer of this number, who has a complaint open; its id."""
    headers = {"Authorization": f"Bearer {centre.bearer}"}

    async def post(path: str, body: dict[str, object]) -> str:
        response = await centre.http.post(f"/api/v1{path}", json=body, headers=headers)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    customer = await post("/customers", {"name": "Mina Halloran", "phones": [phone]})
    return await post("/complaints", {"customer": customer, "about": "service", "body": "Late again."})


async def play(centre: CallCentre, name: str, caller: int = 0) -> CallTruth:
    """A call of a scenario, with all its consequences."""
    truth = await centre.run_scenario(find_scenario(name), caller)
    await centre.run_jobs()
    await centre.pass_time(60)
    assert truth.errors == []
    return truth


def test_the_question_is_asked_once_and_not_of_a_caller_with_an_open_complaint(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        first = await play(centre, "survey")
        assert was_asked(first)
        (response,) = (await centre.get("/surveys/responses"))["items"]
        call = await centre.get(f"/calls/{first.sid}")
        assert (response["score"], response["call"]) == (4, call["id"])
        assert response["agent"] == call["agent"]
        assert not was_asked(await play(centre, "survey"))
        complaining = find_scenario("survey").callers[1]
        await complain(centre, complaining)
        assert not was_asked(await play(centre, "survey", 1))
        assert was_asked(await play(centre, "survey", 2))
        results = await centre.get("/surveys/results")
        assert (results["asked"], results["answered"], results["score"]) == (2, 2, 4.0)

    run_story(story)


def test_0_at_the_question_reaches_a_human(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        truth = await play(centre, "survey_operator")
        assert was_asked(truth)
        assert [conversation.human for conversation in truth.conversations] == [True, True]
        call = await centre.get(f"/calls/{truth.sid}")
        assert (call["outcome"], call["promise"]) == ("answered", None)
        assert call["agent"]["name"] in STAFF
        assert (await centre.get("/surveys/results"))["answered"] == 0

    run_story(story)


@pytest.mark.engine("sqlite")
def test_a_persian_caller_is_asked_in_persian(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        script = Script((Press("2"), Press("1"), Talk(60), Press("2")))
        truth = await centre.call(PERSIAN[0], script)
        await centre.run_jobs()
        assert any("/prompts/fa/survey-csat" in sound.sound.url for sound in truth.heard_sounds)
        (response,) = (await centre.get("/surveys/responses"))["items"]
        assert response["score"] == 2
        (promise,) = (await centre.get("/promises", state="open"))["items"]
        assert (promise["kind"], promise["phone"]) == ("promised", PERSIAN[0])

    run_story(story)
