"""The client of the carrier's REST API: what goes out, and what each kind of failure is taken for."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import pytest
import respx

from callcrm.base.errors import Refused, Unavailable
from callcrm.carrier import rest_transport
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown
from callcrm.carrier.rest import RestClient
from callcrm.carrier.rest_transport import RestTransport
from tests.clocks import CLOCK

T = TypeVar("T")
API = "https://api.carrier.example"
ACCOUNT = f"{API}/2010-04-01/Accounts/AC1"
SINCE = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
Ask = Callable[[RestClient], Coroutine[Any, Any, T]]


def ask(question: Ask[T], *, total: float = 10.0) -> T:
    async def run() -> T:
        async with rest_transport.open_http() as http:
            transport = RestTransport(http, CLOCK, api_url=API, account="AC1", token="secret", total=total)
            return await question(RestClient(transport))

    return asyncio.run(run())


async def position(rest_client: RestClient) -> str:
    return await rest_client.place_call(
        to="+12025550111",
        from_="+12025550100",
        url="https://us.example/o",
        status_url="https://us.example/s",
        call_seconds=7200,
    )


async def every(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


def form_of(route: respx.Route) -> dict[str, list[str]]:
    return parse_qs(route.calls.last.request.content.decode())


def test_placing_a_call_says_whom_to_ring_and_where_to_report(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Calls.json").respond(201, json={"sid": "CA1", "status": "queued"})
    assert ask(position) == "CA1"
    assert form_of(route) == {
        "To": ["+12025550111"],
        "From": ["+12025550100"],
        "Url": ["https://us.example/o"],
        "Method": ["POST"],
        "StatusCallback": ["https://us.example/s"],
        "StatusCallbackMethod": ["POST"],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "Timeout": ["30"],
        "TimeLimit": ["7200"],
    }


def test_every_request_carries_the_account_and_its_token(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Calls.json").respond(201, json={"sid": "CA1"})
    ask(position)
    assert route.calls.last.request.headers["Authorization"] == "Basic " + b64encode(b"AC1:secret").decode()


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError],
)
def test_a_create_without_an_answer_is_unknown_and_asked_only_once(
    respx_mock: respx.MockRouter, trouble: type[Exception]
) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Calls.json").mock(side_effect=trouble)
    with pytest.raises(CarrierUnknown):
        ask(position)
    assert route.call_count == 1


@pytest.mark.parametrize("trouble", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_create_that_never_left_is_down(respx_mock: respx.MockRouter, trouble: type[Exception]) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").mock(side_effect=trouble)
    with pytest.raises(CarrierDown):
        ask(position)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_create_that_ends_in_a_server_error_is_unknown(respx_mock: respx.MockRouter, status: int) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(status, text="<html>oops</html>")
    with pytest.raises(CarrierUnknown, match=str(status)):
        ask(position)


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", '"CA1"', "{}", '{"sid": 7}', '{"sid": ""}', "[" * 100_000]
)
def test_a_create_answered_with_garbage_is_unknown(respx_mock: respx.MockRouter, body: str) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(201, text=body)
    with pytest.raises(CarrierUnknown):
        ask(position)


def test_an_overloaded_carrier_has_done_nothing(respx_mock: respx.MockRouter) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(429, json={"code": 20429, "message": "Too many"})
    with pytest.raises(CarrierDown):
        ask(position)


def test_a_redirected_create_is_not_followed(respx_mock: respx.MockRouter) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(302, headers={"Location": "https://evil.example/"})
    with pytest.raises(CarrierDown, match="CALLCRM_TWILIO_API_URL"):
        ask(position)


def test_an_answer_that_drips_is_cut_off_in_time(respx_mock: respx.MockRouter) -> None:
    async def forever(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(201)

    respx_mock.post(f"{ACCOUNT}/Calls.json").mock(side_effect=forever)
    with pytest.raises(CarrierUnknown):
        ask(position, total=0.05)


def test_an_endless_answer_is_not_kept_in_memory(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_transport, "MAX_RESPONSE", 100)
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(201, json={"sid": "CA1", "more": "x" * 200})
    with pytest.raises(CarrierUnknown):
        ask(position)


def test_a_refusal_keeps_the_code_and_drops_the_number(respx_mock: respx.MockRouter) -> None:
    payload = {"code": 21211, "message": "The 'To' number +12025550111 is not valid.", "status": 400}
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(400, json=payload)
    with pytest.raises(CarrierRefused) as refusal:
        ask(position)
    assert refusal.value.code == 21211
    assert str(refusal.value) == "the carrier refused: The 'To' number … is not valid. (21211)"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"title": "Bad", "detail": "No such thing", "code": 70001}, 70001),
        (None, None),
        ({"code": "x"}, None),
    ],
)
def test_a_refusal_in_another_shape_is_still_a_refusal(
    respx_mock: respx.MockRouter, payload: dict[str, Any] | None, code: int | None
) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls.json").respond(401, json=payload)
    with pytest.raises(CarrierRefused) as refusal:
        ask(position)
    assert refusal.value.code == code


def test_each_fault_is_one_of_the_house_s_own_kinds() -> None:
    assert issubclass(CarrierRefused, Refused)
    assert issubclass(CarrierDown, Unavailable)
    assert issubclass(CarrierUnknown, Unavailable)


def test_a_live_call_is_sent_on(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Calls/CA1.json").respond(200, json={"sid": "CA1"})
    assert ask(lambda rest_client: rest_client.redirect_call("CA1", "https://us.example/next")) is True
    assert form_of(route) == {"Url": ["https://us.example/next"], "Method": ["POST"]}


def test_a_live_call_is_hung_up(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Calls/CA1.json").respond(200, json={"sid": "CA1"})
    assert ask(lambda rest_client: rest_client.hang_up("CA1")) is True
    assert form_of(route) == {"Status": ["completed"]}


def test_changing_a_call_that_has_ended_is_no_fault(respx_mock: respx.MockRouter) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls/CA1.json").respond(
        400, json={"code": 21220, "message": "not in-progress"}
    )
    assert ask(lambda rest_client: rest_client.redirect_call("CA1", "https://us.example/next")) is False


def test_changing_a_call_in_another_way_refused_is_a_fault(respx_mock: respx.MockRouter) -> None:
    respx_mock.post(f"{ACCOUNT}/Calls/CA1.json").respond(400, json={"code": 21205, "message": "bad url"})
    with pytest.raises(CarrierRefused):
        ask(lambda rest_client: rest_client.redirect_call("CA1", "nonsense"))


def test_a_sid_can_not_leave_its_place_in_the_path(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.get(url__regex=r".*").respond(404, json={})
    ask(lambda rest_client: rest_client.fetch_call("../../x?y#z"))
    assert route.calls.last.request.url.raw_path == b"/2010-04-01/Accounts/AC1/Calls/..%2F..%2Fx%3Fy%23z.json"


def test_a_message_is_taken_on(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{ACCOUNT}/Messages.json").respond(
        201, json={"sid": "SM1", "status": "accepted"}
    )
    sent = ask(
        lambda rest_client: rest_client.send_message(
            to="+12025550111", from_="+12025550100", body="سلام & more", status_url="https://us.example/m"
        )
    )
    assert (sent.sid, sent.status) == ("SM1", "accepted")
    assert form_of(route)["Body"] == ["سلام & more"]


def test_a_call_is_told_in_our_own_words(respx_mock: respx.MockRouter) -> None:
    payload = {
        "sid": "CA2",
        "parent_call_sid": "CA1",
        "status": "no-answer",
        "direction": "outbound-dial",
        "from": "+12025550100",
        "to": "client:sara",
        "start_time": "Tue, 03 Mar 2026 10:00:00 +0000",
        "end_time": "Tue, 03 Mar 2026 11:00:20 +0100",
        "duration": "20",
    }
    respx_mock.get(f"{ACCOUNT}/Calls/CA2.json").respond(200, json=payload)
    call = ask(lambda rest_client: rest_client.fetch_call("CA2"))
    assert call is not None
    assert (call.parent, call.status, call.direction, call.seconds) == ("CA1", "no_answer", "dialled", 20)
    assert call.ended_at == datetime(2026, 3, 3, 10, 0, 20, tzinfo=UTC)
    assert call.created_at is None


@pytest.mark.parametrize("duration", [None, "", "-1", "1.5", "٣", "9" * 30, True])
def test_a_length_that_is_none_is_left_out(respx_mock: respx.MockRouter, duration: object) -> None:
    payload = {"sid": "RE1", "call_sid": "CA1", "duration": duration, "date_created": "no date"}
    respx_mock.get(f"{ACCOUNT}/Recordings/RE1.json").respond(200, json=payload)
    recording = ask(lambda rest_client: rest_client.fetch_recording("RE1"))
    assert recording is not None
    assert (recording.seconds, recording.status, recording.created_at) == (None, "other", None)


def test_what_the_carrier_does_not_know_is_none(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{ACCOUNT}/Calls/CA9.json").respond(404, json={"code": 20404, "message": "not found"})
    assert ask(lambda rest_client: rest_client.fetch_call("CA9")) is None


def test_a_refused_reading_is_not_taken_for_nothing(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{ACCOUNT}/Calls/CA9.json").respond(401, json={"code": 20003, "message": "Authenticate"})
    with pytest.raises(CarrierRefused):
        ask(lambda rest_client: rest_client.fetch_call("CA9"))


def test_a_list_is_read_to_its_last_page(respx_mock: respx.MockRouter) -> None:
    first = {
        "calls": [{"sid": "CA1"}, "junk", {}],
        "next_page_uri": "/elsewhere/Calls.json?Page=1&PageToken=PA",
    }
    start = {"StartTime>": "2026-03-01T08:30:00Z", "PageSize": "500"}
    respx_mock.get(f"{ACCOUNT}/Calls.json", params__eq=start).respond(200, json=first)
    second = {"calls": [{"sid": "CA2"}], "next_page_uri": None}
    respx_mock.get(f"{ACCOUNT}/Calls.json", params__eq={"Page": "1", "PageToken": "PA"}).respond(
        200, json=second
    )
    calls = ask(lambda rest_client: every(rest_client.list_calls(SINCE)))
    assert [call.sid for call in calls] == ["CA1", "CA2"]


def test_a_list_that_points_at_itself_ends(
    respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcrm.carrier.rest.MAX_PAGES", 3)
    route = respx_mock.get(url__startswith=f"{ACCOUNT}/Recordings.json").respond(
        200, json={"recordings": [{"sid": "RE1", "call_sid": "CA1"}], "next_page_uri": "/x?Page=0"}
    )
    assert len(ask(lambda rest_client: every(rest_client.list_recordings(SINCE)))) == 3
    assert route.call_count <= 4


@pytest.mark.parametrize("status", [429, 500, 200])
def test_a_list_that_fails_may_be_asked_again(respx_mock: respx.MockRouter, status: int) -> None:
    respx_mock.get(url__startswith=f"{ACCOUNT}/Calls.json").respond(status, text="not json")
    with pytest.raises(CarrierDown):
        ask(lambda rest_client: every(rest_client.list_calls(SINCE)))


def test_the_kind_of_a_recording_is_told_by_its_source(respx_mock: respx.MockRouter) -> None:
    listed = [
        {"sid": "RE1", "call_sid": "CA1", "source": "RecordVerb", "status": "completed", "channels": 1},
        {"sid": "RE2", "call_sid": "CA1", "source": "DialVerb", "status": "completed", "channels": 2},
    ]
    respx_mock.get(url__startswith=f"{ACCOUNT}/Recordings.json").respond(200, json={"recordings": listed})
    recordings = ask(lambda rest_client: every(rest_client.list_recordings(SINCE)))
    assert [(recording.voicemail, recording.channels) for recording in recordings] == [(True, 1), (False, 2)]


def test_the_account_tells_whether_it_is_active(respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{ACCOUNT}.json").respond(json={"sid": "AC1", "status": "active"})
    assert ask(lambda rest_client: rest_client.account_status()) == "active"


def test_numbers_come_with_the_urls_the_carrier_was_given(respx_mock: respx.MockRouter) -> None:
    payload = {
        "phone_number": "+12025550100",
        "voice_url": "https://us.example/webhooks/twilio/voice#rc=1",
        "voice_method": "POST",
        "voice_fallback_url": None,
        "status_callback": "",
    }
    numbers = respx_mock.get(url__startswith=f"{ACCOUNT}/IncomingPhoneNumbers.json")
    numbers.respond(json={"incoming_phone_numbers": [payload], "next_page_uri": None})
    (number,) = ask(lambda rest_client: every(rest_client.list_numbers()))
    assert (number.number, number.voice_method) == ("+12025550100", "POST")
    assert (number.voice_url, number.fallback_url) == ("https://us.example/webhooks/twilio/voice#rc=1", "")
