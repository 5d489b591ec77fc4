"""Calls in the carrier's REST API: placed, listed, redirected and ended."""

from typing import Any

import pytest

from callcrm.simulator.parties.callees import answers, busy, no_answer
from callcrm.simulator.parties.callers import HangUp, Talk
from tests.simulator.api_client import API, CALL_FORM, ApiClient, run_story, simulate_outbound
from tests.simulator.simulation import AGENT, BASE, CALLER, OURS, simulate

NEW = f"{BASE}/new"


def test_a_placed_call_rings_runs_its_document_and_tells_its_progress() -> None:
    simulation = simulate_outbound()
    response = run_story(simulation, lambda api: api.post("/Calls.json", **CALL_FORM))
    assert response.status_code == 201
    assert (response.json()["status"], response.json()["direction"]) == ("queued", "outbound-api")
    placed = simulation.app.requests_to("/placed")
    assert [form["CallStatus"] for form in placed] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in placed] == ["0", "1", "2", "3"]
    (form,) = simulation.app.requests_to("/outbound")
    assert (form["Direction"], form["CallStatus"]) == ("outbound-api", "in-progress")


def test_a_placed_call_shows_our_number_to_whom_it_is_connected_with() -> None:
    simulation = simulate_outbound()
    run_story(simulation, lambda api: api.post("/Calls.json", **CALL_FORM))
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert call.conversations[0].peer == CALLER
    assert call.legs[0].from_ == OURS


@pytest.mark.parametrize(("target", "status"), [(busy(), "busy"), (no_answer(), "no-answer")])
def test_a_placed_call_that_nobody_takes_asks_for_no_document(target: Any, status: str) -> None:
    simulation = simulate_outbound(default=target)
    run_story(simulation, lambda api: api.post("/Calls.json", **CALL_FORM, Timeout="20"))
    assert simulation.app.requests_to("/outbound") == []
    assert simulation.app.requests_to("/placed")[-1]["CallStatus"] == status


def test_a_placed_call_lasts_no_longer_than_its_time_limit() -> None:
    simulation = simulate_outbound(default=answers(talks=10_000))
    form = {"To": AGENT, "From": OURS, "Twiml": "<Response><Pause length='9000'/></Response>"}
    sid = run_story(simulation, lambda api: api.post("/Calls.json", **form, TimeLimit="90")).json()["sid"]
    truth = simulation.carrier.ground_truth.calls[sid].root
    assert (truth.seconds, truth.status, truth.ended_by) == (90, "completed", "carrier")


def test_a_time_limit_ends_whom_the_call_was_connected_with_too() -> None:
    simulation = simulate_outbound(default=answers(talks=10_000))
    run_story(simulation, lambda api: api.post("/Calls.json", **CALL_FORM, TimeLimit="60"))
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert call.root.seconds == 60
    assert [leg.ended == call.root.ended for leg in call.legs] == [True]


@pytest.mark.parametrize("limit", ["0", "-5", "soon", "²"])
def test_a_time_limit_that_is_none_is_refused(limit: str) -> None:
    response = run_story(
        simulate_outbound(), lambda api: api.post("/Calls.json", **CALL_FORM, TimeLimit=limit)
    )
    assert (response.status_code, response.json()["code"]) == (400, 21218)


def test_a_document_may_be_given_outright() -> None:
    simulation = simulate_outbound()
    form = {"To": AGENT, "From": OURS, "Twiml": "<Response><Say>Hello</Say></Response>"}
    sid = run_story(simulation, lambda api: api.post("/Calls.json", **form)).json()["sid"]
    assert simulation.carrier.ground_truth.calls[sid].spoken_text == "Hello"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"To": "12"}, 21211), ({"To": ""}, 21201), ({"From": ""}, 21213), ({"Url": ""}, 21205)],
)
def test_a_call_that_can_not_be_placed_is_refused_with_its_code(wrong: dict[str, str], code: int) -> None:
    response = run_story(simulate_outbound(), lambda api: api.post("/Calls.json", **(CALL_FORM | wrong)))
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["more_info"] == f"https://www.twilio.com/docs/errors/{code}"


def test_only_numbers_of_the_account_may_be_shown() -> None:
    simulation = simulate_outbound()
    simulation.carrier.numbers.append(simulation.number)
    response = run_story(
        simulation, lambda api: api.post("/Calls.json", **(CALL_FORM | {"From": "+12025550188"}))
    )
    assert response.json()["code"] == 21212


def test_a_live_call_is_sent_to_another_document() -> None:
    simulation = simulate({"/voice": "<Say>Wait</Say><Pause length='50'/>", "/new": "<Say>Moved</Say>"})
    response = run_story(
        simulation, lambda api: api.during(10, lambda sid: api.post(f"/Calls/{sid}.json", Url=NEW))
    )
    assert response.status_code == 200
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert call.spoken_text == "Wait\nMoved"


def test_a_caller_sent_away_while_it_rings_leaves_nobody_ringing() -> None:
    dial = f"<Dial action='/dialled'>{AGENT}</Dial>"
    simulation = simulate(
        {"/voice": dial, "/dialled": "<Say>No</Say>", "/new": "<Say>Moved</Say>"}, default=no_answer()
    )
    run_story(simulation, lambda api: api.during(10, lambda sid: api.post(f"/Calls/{sid}.json", Url=NEW)))
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert call.legs[0].status == "canceled"
    assert call.spoken_text == "Moved"
    assert len(simulation.app.requests_to("/dialled")) == 1


def test_a_callee_sent_away_lives_on_and_the_caller_goes_on() -> None:
    dial = f"<Dial action='/dialled'>{AGENT}</Dial>"
    simulation = simulate({"/voice": dial, "/dialled": "<Say>Alone</Say>", "/new": "<Say>Hold</Say>"})

    async def story(api: ApiClient) -> Any:
        async def send(_: str) -> Any:
            child = list(simulation.carrier.state.legs)[1]
            return await api.post(f"/Calls/{child}.json", Url=NEW)

        return await api.during(12, send)

    run_story(simulation, story)
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert call.spoken_text == "Alone"
    assert simulation.app.requests_to("/new")[0]["CallSid"] == call.legs[0].sid
    assert call.legs[0].ended is not None


def test_a_caller_may_be_taken_out_of_a_queue() -> None:
    simulation = simulate(
        {
            "/voice": "<Enqueue waitUrl='/wait' action='/left'>sales</Enqueue>",
            "/wait": "<Pause length='10'/>",
            "/left": "<Say>Left</Say>",
            "/new": "<Say>Moved</Say>",
        }
    )
    run_story(simulation, lambda api: api.during(15, lambda sid: api.post(f"/Calls/{sid}.json", Url=NEW)))
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert simulation.app.requests_to("/left")[0]["QueueResult"] == "redirected"
    assert call.spoken_text == "Moved"


def test_a_live_call_is_ended() -> None:
    simulation = simulate({"/voice": "<Say>Wait</Say><Pause length='50'/>"})
    run_story(
        simulation, lambda api: api.during(10, lambda sid: api.post(f"/Calls/{sid}.json", Status="completed"))
    )
    (call,) = simulation.carrier.ground_truth.calls.values()
    assert (call.root.seconds, call.root.ended_by) == (10, "carrier")


def test_a_call_that_has_ended_can_not_be_changed() -> None:
    simulation = simulate({"/voice": "<Say>Hello</Say>"})

    async def story(api: ApiClient) -> Any:
        await api.call()
        (sid,) = simulation.carrier.ground_truth.calls
        return await api.post(f"/Calls/{sid}.json", Url=NEW)

    response = run_story(simulation, story)
    assert (response.status_code, response.json()["code"]) == (400, 21220)


def test_a_call_still_ringing_can_not_be_redirected() -> None:
    simulation = simulate({"/voice": "<Pause length='30'/>"})
    response = run_story(
        simulation, lambda api: api.during(10, lambda sid: api.post(f"/Calls/{sid}.json", Url=NEW))
    )
    assert response.json()["code"] == 21220


def test_calls_are_listed_newest_first_in_pages_with_their_legs() -> None:
    simulation = simulate({"/voice": f"<Dial>{AGENT}</Dial>"})

    async def story(api: ApiClient) -> list[str]:
        for _ in range(3):
            await api.call(Talk(5), HangUp())
        first = (await api.get("/Calls.json", PageSize=4)).json()
        second = (await api.http.get("http://api.example" + first["next_page_uri"])).json()
        assert first["previous_page_uri"] is second["next_page_uri"] is None
        return [call["sid"] for call in first["calls"] + second["calls"]]

    assert run_story(simulation, story) == list(reversed(simulation.carrier.state.legs))


def test_calls_are_filtered_by_start_and_by_parent() -> None:
    simulation = simulate({"/voice": f"<Dial>{AGENT}</Dial>"})

    async def story(api: ApiClient) -> list[int]:
        await api.call(Talk(5), HangUp())
        (root,) = simulation.carrier.ground_truth.calls
        queries = (
            {"StartTime>": "2026-01-05"},
            {"StartTime>": "2026-01-05T09:00:01Z"},
            {"StartTime<": "2026-01-04"},
            {"StartTime": "2026-01-05"},
            {"ParentCallSid": root},
        )
        return [len((await api.get("/Calls.json", **query)).json()["calls"]) for query in queries]

    assert run_story(simulation, story) == [2, 0, 0, 2, 1]


def test_one_call_is_shown_with_its_times() -> None:
    simulation = simulate({"/voice": "<Say>123456789012345</Say><Pause length='9'/>"})

    async def story(api: ApiClient) -> Any:
        await api.call()
        (sid,) = simulation.carrier.ground_truth.calls
        return (await api.get(f"/Calls/{sid}.json")).json()

    fetched = run_story(simulation, story)
    assert (fetched["status"], fetched["duration"]) == ("completed", "10")
    assert fetched["end_time"] == "Mon, 05 Jan 2026 09:00:10 +0000"


def test_nothing_is_shown_without_the_token_or_of_another_account() -> None:
    async def story(api: ApiClient) -> list[tuple[int, int]]:
        bad = await api.http.get(f"{API}/Calls.json", auth=("AC1", "no"))
        other = await api.http.get(f"{API}x/Calls.json")
        none = await api.get("/Calls/CA404.json")
        return [(response.status_code, response.json()["code"]) for response in (bad, other, none)]

    assert run_story(simulate({}), story) == [(401, 20003), (404, 20404), (404, 20404)]
