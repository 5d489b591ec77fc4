"""A customer who comes again and again, in calls of a simulated carrier: what stands on the pop."""

from functools import partial
from typing import Any

import pytest

from callcrm.simulator.parties.callers import HangUp, Press, Script, Talk
from tests.e2e.call_centre import CallCentre, RunStory
from tests.web.support.page_client import page_text

CALLER = "+12025550134"
VISIT = Script((Press("1"), Press("1"), Talk(60), HangUp()))
NINTH = {
    "en": "Today is the ninth: the next one is on us.",
    "fa": "امروز خریدِ نهم است: خریدِ بعدی مهمانِ ما هستید.",
}
TENTH = {
    "en": "The next one is free: today is the tenth.",
    "fa": "این بار رایگان است: امروز خریدِ دهم است.",
}


async def make(centre: CallCentre, path: str, body: dict[str, Any]) -> str:
    """The id of what a POST to the API made."""
    headers = {"Authorization": f"Bearer {centre.bearer}"}
    response = await centre.http.post(f"/api/v1{path}", json=body, headers=headers)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def visit(centre: CallCentre) -> dict[str, str]:
    """The card on the desk of Ana while she speaks with the caller, in each language."""

    async def read() -> dict[str, str]:
        card = f"/desk/card/{await centre.answered_call()}"
        return {language: page_text(await centre.read("Ana", card, language)) for language in ("en", "fa")}

    call, reading = centre.start_call(CALLER, VISIT), centre.clock.spawn(read())
    await centre.clock.join(call, reading)
    await centre.carrier.settle()
    assert call.result().reached_human
    await centre.pass_time(120)
    return reading.result()


@pytest.mark.engine("sqlite")
def test_the_sentence_about_the_tenth_visit_is_on_the_ninth_call_s_pop(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        rosa = await make(centre, "/customers", {"name": "Rosa", "phones": [CALLER]})
        await make(centre, "/programmes", {"name": "Tenth", "kind": "every_nth", "parameters": {"n": 10}})
        buy = partial(make, centre, f"/customers/{rosa}/purchases")
        shown = []
        for number in range(10):
            shown.append(await visit(centre))
            at = centre.clock.now().isoformat().replace("+00:00", "Z")
            await buy({"external_id": f"{number}", "at": at, "total": {"amount": 1000, "currency": "USD"}})
        for language in ("en", "fa"):
            ninth = [NINTH[language] in cards[language] for cards in shown]
            tenth = [TENTH[language] in cards[language] for cards in shown]
            assert ninth == [False] * 8 + [True, False]
            assert tenth == [False] * 9 + [True]

    run_story(story, staff={"Ana": "+12025550171"})
