"""How the carrier asks the app: headers, signature, retries, redirects, and what it takes for an answer."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.responses import RedirectResponse, Response
from twilio.request_validator import RequestValidator

from callcrm.simulator.account import Account
from callcrm.simulator.clock import VirtualClock
from callcrm.simulator.parties.callers import Press
from callcrm.simulator.wire.responses import (
    AudioDocument,
    TwimlBody,
    WebhookFailure,
    WebhookResponse,
    classify,
)
from callcrm.simulator.wire.webhooks import WebhookClient, WebhookRequest
from callcrm.simulator.wire.wire_log import Exchange, WireLog
from tests.simulator.simulation import BASE, TOKEN, simulate

PARAMS = (("CallSid", "CA1"), ("From", "+12025550143"), ("ToZip", ""))


def webhooks(
    answer: Callable[[httpx.Request], httpx.Response], public: str = "", base: str = ""
) -> WebhookClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    clock = VirtualClock(datetime(2026, 1, 5, tzinfo=UTC))
    return WebhookClient(http, Account("AC1", TOKEN), clock, public_url=public, base_url=base)


def run(web: WebhookClient, url: str, method: str = "POST") -> WebhookResponse | WebhookFailure:
    return asyncio.run(web.send(WebhookRequest("flow", url, PARAMS, method, "CA1", "token-1")))


def empty_document(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<Response/>", headers={"Content-Type": "text/xml"})


def test_a_post_carries_the_carriers_headers_and_a_good_signature() -> None:
    sent: list[httpx.Request] = []
    web = webhooks(lambda request: sent.append(request) or empty_document(request))  # type: ignore[func-returns-value]
    run(web, f"{BASE}/voice?b=2&a=%20")
    (request,) = sent
    assert request.headers["user-agent"] == "TwilioProxy/1.1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert request.headers["i-twilio-idempotency-token"] == "token-1"
    signature = request.headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate(f"{BASE}/voice?b=2&a=%20", dict(PARAMS), signature)


def test_a_get_carries_its_parameters_in_the_signed_url() -> None:
    sent: list[httpx.Request] = []
    web = webhooks(lambda request: sent.append(request) or empty_document(request))  # type: ignore[func-returns-value]
    run(web, f"{BASE}/voice?a=1", "GET")
    (request,) = sent
    assert request.method == "GET"
    assert request.content == b""
    assert request.url.params["From"] == "+12025550143"
    signature = request.headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate(str(request.url), {}, signature)


def test_a_fragment_stays_with_the_carrier() -> None:
    sent: list[httpx.Request] = []
    web = webhooks(lambda request: sent.append(request) or empty_document(request))  # type: ignore[func-returns-value]
    run(web, f"{BASE}/voice#rc=2&rp=all")
    assert str(sent[0].url) == f"{BASE}/voice"
    assert RequestValidator(TOKEN).validate(
        f"{BASE}/voice", dict(PARAMS), sent[0].headers["x-twilio-signature"]
    )


def test_the_public_url_is_signed_and_the_served_one_is_asked() -> None:
    sent: list[httpx.Request] = []
    web = webhooks(
        lambda request: sent.append(request) or empty_document(request),  # type: ignore[func-returns-value]
        f"{BASE}/crm",
        "http://127.0.0.1:8000",
    )
    run(web, f"{BASE}/crm/voice?a=1")
    assert str(sent[0].url) == "http://127.0.0.1:8000/voice?a=1"
    signature = sent[0].headers["x-twilio-signature"]
    assert RequestValidator(TOKEN).validate(f"{BASE}/crm/voice?a=1", dict(PARAMS), signature)


def test_a_lost_connection_is_tried_once_more_with_the_same_token() -> None:
    tokens: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        tokens.append(request.headers["i-twilio-idempotency-token"])
        if len(tokens) == 1:
            raise httpx.ConnectError("refused")
        return empty_document(request)

    assert isinstance(run(webhooks(answer), f"{BASE}/voice"), WebhookResponse)
    assert tokens == ["token-1", "token-1"]


@pytest.mark.parametrize(
    ("fragment", "tries"),
    [("", 1), ("#rc=3&rp=5xx", 4), ("#rc=2&rp=all", 3), ("#rc=9&rp=5xx", 2), ("#rc=0", 1)],
)
def test_a_server_error_is_tried_again_only_if_the_url_says_so(fragment: str, tries: int) -> None:
    web = webhooks(lambda request: httpx.Response(500))
    run(web, f"{BASE}/voice{fragment}")
    assert len(web.log.exchanges) == tries


def test_an_answer_that_takes_too_long_is_a_failure() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    http = httpx.AsyncClient(transport=httpx.MockTransport(never))
    web = WebhookClient(http, Account("AC1", TOKEN), VirtualClock(datetime(2026, 1, 5, tzinfo=UTC)))
    outcome = run(web, f"{BASE}/voice#tt=100")
    assert isinstance(outcome, WebhookFailure)
    assert outcome.code == 11205
    assert web.log.exchanges[-1].failure == "no answer within 0.1 s"


def test_ten_redirects_are_followed_and_no_more() -> None:
    def onward(request: httpx.Request) -> httpx.Response:
        hop = int(request.url.path.strip("/"))
        return (
            empty_document(request) if hop == 0 else httpx.Response(302, headers={"Location": f"/{hop - 1}"})
        )

    assert isinstance(run(webhooks(onward), f"{BASE}/10"), WebhookResponse)
    outcome = run(webhooks(onward), f"{BASE}/11")
    assert isinstance(outcome, WebhookFailure)
    assert outcome.code == 11215


def test_what_was_pressed_does_not_survive_a_redirect() -> None:
    simulation = simulate(
        {
            "/voice": "<Gather numDigits='1' action='/menu'/>",
            "/menu": RedirectResponse("/menu2", 307),
            "/menu2": "<Say>Hello</Say>",
        }
    )
    simulation.call(Press("1"))
    assert simulation.app.requests_to("/menu")[0]["Digits"] == "1"
    assert simulation.app.requests_to("/menu2") == [{}]


def app_response(status: int = 200, kind: str = "text/xml", body: bytes = b"<Response/>") -> WebhookResponse:
    return WebhookResponse(f"{BASE}/a", status, {"content-type": kind} if kind else {}, body)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (app_response(kind="application/json"), 12300),
        (app_response(kind=""), 12300),
        (app_response(body=b""), 11770),
        (app_response(body=b"x" * 65537), 11750),
        (app_response(404), 11200),
        (app_response(503), 11200),
    ],
)
def test_an_answer_the_carrier_can_not_use_has_its_code(answer: WebhookResponse, code: int) -> None:
    verdict = classify(answer)
    assert isinstance(verdict, WebhookFailure)
    assert verdict.code == code


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=utf-8", "text/html", "Text/XML"])
def test_markup_is_taken_under_each_of_its_types(kind: str) -> None:
    assert isinstance(classify(app_response(kind=kind)), TwimlBody)


def test_exactly_64_kilobytes_are_taken() -> None:
    assert isinstance(classify(app_response(body=b"x" * 65536)), TwimlBody)


def test_sound_is_taken_as_sound() -> None:
    assert classify(app_response(kind="audio/mpeg", body=b"x" * 70000)) == AudioDocument(f"{BASE}/a")


def test_a_failure_goes_to_the_fallback_with_its_code_and_url() -> None:
    simulation = simulate({"/voice": Response(status_code=500), "/fallback": "<Say>Hold on</Say>"})
    call = simulation.call()
    (form,) = simulation.app.requests_to("/fallback")
    assert form["ErrorCode"] == "11200"
    assert form["ErrorUrl"] == f"{BASE}/voice"
    assert form["CallSid"] == call.sid
    assert call.spoken_text == "Hold on"


def test_malformed_twiml_goes_to_the_fallback_too() -> None:
    simulation = simulate(
        {"/voice": b"<Response><Say>a & b</Say></Response>", "/fallback": "<Say>Hold on</Say>"}
    )
    simulation.call()
    assert simulation.app.requests_to("/fallback")[0]["ErrorCode"] == "12100"


def test_without_a_fallback_the_caller_hears_an_apology_and_is_cut_off() -> None:
    simulation = simulate({"/voice": Response(status_code=500)}, fallback=False)
    call = simulation.call()
    assert [entry.sound.kind for entry in call.heard_sounds] == ["error"]
    assert call.root.ended_by == "carrier"
    assert [fault.code for fault in call.errors] == [11200]


def test_plain_text_is_spoken_when_it_is_no_twiml() -> None:
    simulation = simulate({"/voice": Response("We are closed", media_type="text/plain")})
    assert simulation.call().spoken_text == "We are closed"


def test_every_request_and_answer_is_logged() -> None:
    simulation = simulate({"/voice": "<Say>Hello</Say>"})
    call = simulation.call()
    (exchange,) = simulation.carrier.wire_log.of_kind("flow", call.sid)
    assert exchange.status == 200
    assert exchange.form["CallStatus"] == "ringing"
    assert b"Hello" in exchange.body
    assert exchange.idempotency_token


def test_listeners_are_told_of_each_exchange_as_it_ends() -> None:
    log, received = WireLog(), list[Exchange]()
    log.listeners.append(received.append)
    exchange = Exchange(datetime.now(UTC), "flow", "CA1", "POST", "http://x", (), {}, 200, seconds=0.2)
    log.add(exchange)
    assert received == list(log) == [exchange]
