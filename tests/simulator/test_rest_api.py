"""The rest of the carrier's REST API: faults, messages, numbers, and serving it."""

import asyncio
import contextlib
from typing import Any

import httpx
import pytest

from callcrm.simulator.rest.base import RestApi
from callcrm.simulator.rest.faults import FaultKind, RestFault
from callcrm.simulator.rest.serving import serve_rest
from tests.simulator.api_client import CALL_FORM, OK, ApiClient, run_story, simulate_outbound
from tests.simulator.simulation import ACCOUNT, AGENT, BASE, CALLER, OURS, TOKEN, simulate

TEXT = {"To": CALLER, "From": OURS, "Body": "سلام", "StatusCallback": f"{BASE}/text"}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.TOO_MANY, 429),
        (FaultKind.SERVER_ERROR, 500),
        (FaultKind.MISSING, 404),
        (FaultKind.ANSWER_LOST, 502),
        (FaultKind.REDIRECT, 302),
    ],
)
def test_a_request_fails_as_often_as_it_is_told_to(kind: FaultKind, status: int) -> None:
    async def story(api: ApiClient) -> list[int]:
        api.rest.faults.add(RestFault(kind, "/Calls.json", "GET", times=2))
        return [(await api.get("/Calls.json")).status_code for _ in range(3)]

    assert run_story(simulate({}), story) == [status, status, 200]


def test_a_lost_answer_is_not_a_lost_call() -> None:
    simulation = simulate_outbound()

    async def story(api: ApiClient) -> int:
        api.rest.faults.add(RestFault(FaultKind.ANSWER_LOST, "/Calls.json"))
        return (await api.post("/Calls.json", **CALL_FORM)).status_code

    assert run_story(simulation, story) == 502
    assert len(simulation.carrier.ground_truth.calls) == 1


def test_garbage_is_no_json() -> None:
    async def story(api: ApiClient) -> str:
        api.rest.faults.add(RestFault(FaultKind.GARBAGE))
        return (await api.get("/Calls.json")).text

    assert run_story(simulate({}), story) == '{"sid": "CA'


def test_time_stands_still_while_the_api_answers() -> None:
    simulation = simulate({"/voice": "<Say>Wait</Say><Pause length='50'/>"})

    async def story(api: ApiClient) -> float:
        api.rest.faults.add(RestFault(FaultKind.LATE, seconds=0.02))
        simulation.clock.spawn(simulation.clock.sleep(30))
        before = simulation.clock.monotonic()
        await api.get("/Calls.json")
        return simulation.clock.monotonic() - before

    assert run_story(simulation, story) == 0


def test_a_message_is_sent_and_its_way_told() -> None:
    simulation = simulate({"/text": OK})
    response = run_story(simulation, lambda api: api.post("/Messages.json", **TEXT))
    assert (response.status_code, response.json()["status"]) == (201, "queued")
    assert [form["MessageStatus"] for form in simulation.app.requests_to("/text")] == ["sent", "delivered"]
    assert simulation.carrier.ground_truth.messages[0].body == "سلام"


def test_a_message_that_never_arrives_says_why() -> None:
    simulation = simulate({"/text": OK})
    simulation.carrier.messages.unreachable.add(CALLER)
    run_story(simulation, lambda api: api.post("/Messages.json", **TEXT))
    last = simulation.app.requests_to("/text")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")


@pytest.mark.parametrize(
    ("wrong", "code"), [({"Body": "x" * 1601}, 21617), ({"Body": ""}, 21602), ({"To": "anna"}, 21211)]
)
def test_a_message_that_can_not_be_sent_is_refused(wrong: dict[str, str], code: int) -> None:
    response = run_story(simulate({}), lambda api: api.post("/Messages.json", **(TEXT | wrong)))
    assert response.json()["code"] == code


def test_who_has_opted_out_gets_no_message() -> None:
    simulation = simulate({})
    simulation.carrier.messages.opted_out.add(CALLER)
    assert run_story(simulation, lambda api: api.post("/Messages.json", **TEXT)).json()["code"] == 21610


def test_messages_are_listed_and_shown() -> None:
    async def story(api: ApiClient) -> tuple[Any, Any]:
        sid = (await api.post("/Messages.json", **TEXT)).json()["sid"]
        listed = (await api.get("/Messages.json", To=CALLER)).json()["messages"]
        return listed, [(await api.get(f"/Messages/{sid}.json")).json()]

    listed, fetched = run_story(simulate({"/text": OK}), story)
    assert [text["body"] for text in listed] == [text["body"] for text in fetched] == ["سلام"]


def test_somebody_writes_to_our_number() -> None:
    simulation = simulate({"/message": ""})
    run_story(simulation, lambda api: simulation.carrier.receive_message(CALLER, simulation.number, "Hello"))
    (form,) = simulation.app.requests_to("/message")
    assert (form["Body"], form["From"], form["SmsStatus"]) == ("Hello", CALLER, "received")


def test_the_accounts_numbers_are_listed_with_their_urls() -> None:
    simulation = simulate({})
    simulation.carrier.numbers.append(simulation.number)
    listed = run_story(simulation, lambda api: api.get("/IncomingPhoneNumbers.json")).json()[
        "incoming_phone_numbers"
    ]
    assert (listed[0]["phone_number"], listed[0]["voice_fallback_url"]) == (OURS, f"{BASE}/fallback")


def test_every_request_to_the_api_is_logged() -> None:
    async def story(api: ApiClient) -> Any:
        await api.post("/Calls.json", **CALL_FORM)
        return api.rest.log

    (request,) = run_story(simulate_outbound(), story)
    assert (request.method, request.form["To"], request.status) == ("POST", AGENT, 201)


def test_a_softphone_calls_out_with_whatever_its_browser_says() -> None:
    simulation = simulate({"/client": "<Say>Hello</Say>"})
    run_story(
        simulation, lambda api: simulation.carrier.call_from_browser("ana", f"{BASE}/client", {"To": CALLER})
    )
    (form,) = simulation.app.requests_to("/client")
    assert (form["From"], form["To"], form["CallStatus"]) == ("client:ana", CALLER, "ringing")
    assert form["ApplicationSid"].startswith("AP")


def test_the_api_is_served_on_a_loopback_port() -> None:
    async def story() -> int:
        async with contextlib.AsyncExitStack() as stack:
            url = await stack.enter_async_context(serve_rest(RestApi(simulate({}).carrier)))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            path = f"{url}/2010-04-01/Accounts/{ACCOUNT}.json"
            return (await http.get(path, auth=(ACCOUNT, TOKEN))).status_code

    assert asyncio.run(story()) == 200
