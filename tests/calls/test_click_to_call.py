"""Click-to-call: one click is at most one call, and the phone that is picked up always knows whom to ring."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from sqlmodel import Session, select, update

from callcrm.agents import states, users
from callcrm.base.errors import CallcrmError, Conflict, NotFound, Refused, TooMany
from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.outgoing import click_to_call, dial_requests, limits
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.carrier import events
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown
from callcrm.carrier.form import Form
from callcrm.carrier.rest import RestClient, open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.config import load_settings
from callcrm.ivr.flows.model import Flows
from callcrm.models import Agent, Call, DialRequest, Pop
from callcrm.store.store import Store, StoreDown
from tests.clocks import CLOCK, SetClock

OURS, OPERATOR, SARA, LEILA = "+12025550100", "+12025550199", "+12025550111", "+12025550123"
SETTINGS = {
    "CALLCRM_NUMBERS": OURS,
    "CALLCRM_OPERATOR_NUMBER": OPERATOR,
    "CALLCRM_PUBLIC_URL": "https://us.example",
    "CALLCRM_TWILIO_API_URL": "https://carrier.example",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
}
CALLS = "https://carrier.example/2010-04-01/Accounts/AC1/Calls.json"


@dataclass
class Services:
    """The parts placing needs."""

    store: Store
    rest_client: RestClient
    runtime: CallRuntime
    clock: SetClock


@pytest.fixture
def services(store: Store, clock: SetClock) -> Services:
    settings = load_settings(SETTINGS)
    return Services(store, open_rest_client(settings, CLOCK), build_runtime(settings, Flows()), clock)


@pytest.fixture
def rings(respx_mock: respx.MockRouter) -> respx.Route:
    sids = (f"CA{number}" for number in range(1, 1000))
    return respx_mock.post(CALLS).mock(
        side_effect=lambda request: httpx.Response(201, json={"sid": next(sids), "status": "queued"})
    )


def hire(services: Services, name: str = "Sara", number: str | None = SARA, state: str = "available") -> str:
    def verb(session: Session) -> str:
        email, now = f"{name}@example.com", services.clock.now()
        user = users.add_user(session, email, "agent", name, number, None, now)
        session.flush()
        states.set_state(session, user.id, state, now)
        return user.id

    return services.store.write_now(verb)


def place(services: Services, agent: str, to: str = LEILA) -> str:
    return str(clicks(services, [(agent, to)])[0])


def clicks(services: Services, wanted: list[tuple[str, str]]) -> list[Any]:
    """All at once; the first fault is raised where there was one click only."""

    async def run() -> list[Any]:
        async with open_http() as http:
            services.rest_client = open_rest_client(services.runtime.settings, CLOCK, http)
            calls = [click_to_call.place(services, to=to, agent_id=agent, by=None) for agent, to in wanted]
            return await asyncio.gather(*calls, return_exceptions=len(wanted) > 1)

    return asyncio.run(run())


def agent(services: Services, agent_id: str) -> Agent:
    row = services.store.read_now(lambda session: session.get(Agent, agent_id))
    assert row is not None
    return row


def call(services: Services, call_id: str) -> Call:
    row = services.store.read_now(lambda session: session.get(Call, call_id))
    assert row is not None
    return row


def reports(services: Services, sid: str, word: str, to: str = SARA, **more: str) -> None:
    fields = {"CallSid": sid, "CallStatus": word, "Direction": "outbound-api", "From": OURS, "To": to} | more
    event = events.parse_leg_status("/status", {}, Form(fields.items()), services.clock.now())
    services.store.write_now(
        lambda session: ingest.record_callback(session, services.runtime, event, services.clock.now())
    )


def picked_up(services: Services, sid: str, to: str = SARA) -> DialRequest | None:
    """What the webhook of a phone that was picked up asks."""
    now = services.clock.now()
    return services.store.write_now(
        lambda session: dial_requests.dial_request_for(session, services.runtime, sid, to, now)
    )


def test_the_agent_s_phone_is_rung_and_the_call_is_with_the_customer(
    services: Services, rings: respx.Route
) -> None:
    sara = hire(services)
    made = call(services, place(services, sara))
    form = parse_qs(rings.calls.last.request.content.decode())
    assert (form["To"], form["From"]) == ([SARA], [OURS])
    assert form["Url"] == ["https://us.example/webhooks/twilio/outbound"]
    assert (made.carrier_sid, made.direction, made.state) == ("CA1", "outbound", "ringing")
    assert (made.phone, made.from_e164, made.agent_id) == (LEILA, OURS, sara)


def test_a_live_softphone_is_rung_rather_than_the_phone(services: Services, rings: respx.Route) -> None:
    sara, until = hire(services), services.clock.now() + timedelta(minutes=1)
    services.store.write_now(lambda session: session.exec(update(Agent).values(softphone_until=until)))
    place(services, sara)
    assert parse_qs(rings.calls.last.request.content.decode())["To"] == [f"client:{sara}"]


def test_no_url_names_the_call_or_the_customer(services: Services, rings: respx.Route) -> None:
    place(services, hire(services))
    form = parse_qs(rings.calls.last.request.content.decode())
    assert LEILA[1:] not in str(form)
    assert "place_" not in str(form)


def test_the_agent_is_ringing_with_this_call_and_sees_it(services: Services, rings: respx.Route) -> None:
    sara = hire(services)
    made = place(services, sara)
    assert (agent(services, sara).state, agent(services, sara).call_id) == ("ringing", made)
    pops = services.store.read_now(lambda session: session.exec(select(Pop.call_id, Pop.agent_id)).all())
    assert [tuple(pop) for pop in pops] == [(made, sara)]


def test_when_nobody_picks_up_the_agent_is_free_again(services: Services, rings: respx.Route) -> None:
    sara = hire(services)
    made = place(services, sara)
    reports(services, "CA1", "no-answer", Timestamp="Mon, 05 Jan 2026 12:00:30 +0000", CallDuration="0")
    assert agent(services, sara).state == "available"
    assert call(services, made).state == "ended"


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("", Refused),
        ("anonymous", Refused),
        ("client:sara", Refused),
        ("911", Refused),
        (OURS, Refused),
        (OPERATOR, Refused),
        (SARA, Refused),
        ("+19002345678", Refused),
        ("+881612345678", Refused),
        ("+979123456789", Refused),
    ],
)
def test_what_must_not_be_rung_is_refused_before_anything_happens(
    services: Services, respx_mock: respx.MockRouter, to: str, fault: type[CallcrmError]
) -> None:
    sara = hire(services)
    with pytest.raises(fault):
        place(services, sara, to)
    assert agent(services, sara).state == "available"


def test_without_a_number_of_ours_nobody_is_rung(services: Services, respx_mock: respx.MockRouter) -> None:
    services.runtime = build_runtime(load_settings({**SETTINGS, "CALLCRM_NUMBERS": ""}), Flows())
    with pytest.raises(Refused, match="CALLCRM_NUMBERS"):
        place(services, hire(services))


@pytest.mark.parametrize("state", ["break", "offline"])
def test_an_agent_who_is_away_may_make_a_call_and_is_away_again(
    services: Services, rings: respx.Route, state: str
) -> None:
    sara = hire(services, state=state)
    place(services, sara)
    assert agent(services, sara).state == "ringing"
    reports(services, "CA1", "no-answer", Timestamp="Mon, 05 Jan 2026 12:00:30 +0000", CallDuration="0")
    assert (agent(services, sara).state, agent(services, sara).next_state) == (state, None)


def test_an_agent_who_is_busy_with_a_call_is_not_rung(services: Services, rings: respx.Route) -> None:
    sara = hire(services)
    place(services, sara)
    with pytest.raises(Conflict, match="busy"):
        place(services, sara, to="+12025550177")
    assert rings.call_count == 1


def test_an_agent_who_can_not_be_reached_is_not_rung(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    with pytest.raises(Conflict, match="softphone"):
        place(services, hire(services, number=None))


def test_an_agent_nobody_knows_is_not_rung(services: Services, respx_mock: respx.MockRouter) -> None:
    with pytest.raises(NotFound):
        place(services, "user_nobody")


def test_fifty_clicks_at_once_are_one_call(services: Services, rings: respx.Route) -> None:
    sara = hire(services)
    ends = clicks(services, [(sara, LEILA)] * 50)
    assert rings.call_count == 1
    assert sorted({type(end).__name__ for end in ends}) == ["Conflict", "str"]
    assert [type(end) for end in ends].count(str) == 1


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ({"json": {"code": 21211, "message": "no"}, "status_code": 400}, CarrierRefused),
        ({"status_code": 429}, CarrierDown),
    ],
)
def test_what_the_carrier_will_not_do_frees_the_agent_at_once(
    services: Services, respx_mock: respx.MockRouter, trouble: dict[str, Any], fault: type[CallcrmError]
) -> None:
    respx_mock.post(CALLS).respond(**trouble)
    sara = hire(services)
    with pytest.raises(fault):
        place(services, sara)
    assert (agent(services, sara).state, agent(services, sara).call_id) == ("available", None)


def test_without_an_answer_the_agent_is_held_a_while_and_nothing_is_tried_again(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(CALLS).mock(side_effect=httpx.ReadTimeout)
    sara = hire(services)
    with pytest.raises(CarrierUnknown):
        place(services, sara)
    with pytest.raises(Conflict):
        place(services, sara)
    assert route.call_count == 1
    services.clock.advance(states.LONGEST_RING.total_seconds() + 1)
    services.store.write_now(lambda session: states.release_stale(session, services.clock.now()))
    assert agent(services, sara).state == "available"


def test_a_phone_that_rings_after_all_knows_whom_to_ring(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(CALLS).mock(side_effect=httpx.ReadTimeout)
    sara = hire(services)
    with pytest.raises(CarrierUnknown):
        place(services, sara)
    reports(services, "CA9", "in-progress")
    wish = picked_up(services, "CA9")
    assert wish is not None
    assert (wish.to_e164, wish.agent_id) == (LEILA, sara)
    made = call(services, call_rows.call_id("CA9"))
    assert (made.phone, made.agent_id) == (LEILA, sara)
    assert agent(services, sara).call_id == made.id


def test_a_phone_picked_up_before_the_carrier_answered_us_is_the_same_call(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    def picked_up_at_once(request: httpx.Request) -> httpx.Response:
        assert picked_up(services, "CA1") is not None
        return httpx.Response(201, json={"sid": "CA1"})

    respx_mock.post(CALLS).mock(side_effect=picked_up_at_once)
    made = place(services, hire(services))
    assert made == call_rows.call_id("CA1")
    assert services.store.read_now(lambda session: len(session.exec(select(Pop)).all())) == 1


def test_the_wish_is_found_by_the_call_s_sid_every_time(services: Services, rings: respx.Route) -> None:
    place(services, hire(services))
    requests = [picked_up(services, "CA1"), picked_up(services, "CA1", "+12025550177")]
    assert [request.to_e164 for request in requests if request] == [LEILA, LEILA]


def test_another_phone_and_a_call_long_after_find_no_wish(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(CALLS).mock(side_effect=httpx.ReadTimeout)
    with pytest.raises(CarrierUnknown):
        place(services, hire(services))
    assert picked_up(services, "CA7", "+12025550177") is None
    services.clock.advance(600)
    assert picked_up(services, "CA9") is None


def test_a_refused_wish_is_never_fulfilled(services: Services, respx_mock: respx.MockRouter) -> None:
    respx_mock.post(CALLS).respond(429)
    with pytest.raises(CarrierDown):
        place(services, hire(services))
    assert picked_up(services, "CA9") is None


def test_a_call_that_could_not_be_written_down_is_not_called_failed(
    services: Services, rings: respx.Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> str:
        raise StoreDown("away")

    sara = hire(services)
    monkeypatch.setattr(dial_requests, "record_placed", down)
    with pytest.raises(CarrierUnknown):
        place(services, sara)
    monkeypatch.undo()
    assert picked_up(services, "CA1") is not None


def test_an_agent_has_so_many_calls_an_hour(
    services: Services, rings: respx.Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_AGENT", 2)
    sara = hire(services)
    for number in (1, 2):
        place(services, sara)
        reports(services, f"CA{number}", "no-answer")
    with pytest.raises(TooMany):
        place(services, sara)
    services.clock.advance(3601)
    place(services, sara)


def test_the_house_s_limit_holds_however_many_click_at_once(
    services: Services, rings: respx.Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_HOUR", 5)
    team = [hire(services, f"agent{number}", f"+120255502{number:02}") for number in range(15)]
    ends = clicks(services, [(agent_id, LEILA) for agent_id in team])
    assert rings.call_count == 5
    assert [type(end) for end in ends].count(TooMany) == 10


def test_what_the_carrier_refused_counts_for_nothing(
    services: Services, respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PER_AGENT", 1)
    respx_mock.post(CALLS).mock(side_effect=[httpx.Response(429), httpx.Response(201, json={"sid": "CA1"})])
    sara = hire(services)
    with pytest.raises(CarrierDown):
        place(services, sara)
    assert place(services, sara) == call_rows.call_id("CA1")
