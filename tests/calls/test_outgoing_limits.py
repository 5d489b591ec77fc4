"""Toll fraud: whom agents may not call, how often they may, and what it may cost, by click and softphone."""

from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest
import respx
from sqlmodel import Session, select

from callcrm.base.errors import Refused, RefusedByRule, TooMany
from callcrm.calls.ingest import call_rows
from callcrm.calls.outgoing import agent_legs, allowed_numbers, dial_requests, limits
from callcrm.calls.runtime import build_runtime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.config import Settings, load_settings
from callcrm.ivr.flows.loader import load_flows
from callcrm.ivr.flows.model import Flows
from callcrm.ivr.steps import NodeKind, Position
from callcrm.models import Call, DialRequest
from callcrm.paths import folder
from tests.calls.test_click_to_call import (
    LEILA,
    OPERATOR,
    SETTINGS,
    Services,
    clicks,
    hire,
    place,
    reports,
    rings,
    services,
)

__all__ = ["rings", "services"]  # fixtures
FLOWS: list[Flows] = []


def limit(services: Services, **settings: str) -> None:
    """The services with other limits."""
    if not FLOWS:
        FLOWS.append(load_flows(folder("ivr_flows")))
    services.runtime = build_runtime(load_settings({**SETTINGS, **settings}), FLOWS[0])


def of_region(region: str, countries: str = "", numbers: str = "") -> Settings:
    values = {"CALLCRM_DEFAULT_REGION": region, "CALLCRM_CALL_COUNTRIES": countries}
    return load_settings({**SETTINGS, "CALLCRM_NUMBERS": numbers, **values})


# --- what may be called ---------------------------------------------------------------------------

FORBIDDEN_CLASSES = [
    "+19002345678",  # premium rate
    "+449098790000",
    "+448440000000",  # shared cost
    "+491805123456",
    "+447012345678",  # personal
    "+4970012345678",
    "+15002345678",
    "+447640123456",  # pager
    "+445512345678",  # company number
    "+881612345678",  # satellites and networks of no country
    "+870773111632",
    "+8835100123456",
    "+882161234567",
    "+979123456789",  # international premium rate
    "+80812345678",  # international shared cost
]


@pytest.mark.parametrize("number", FORBIDDEN_CLASSES)
def test_classes_that_fraud_lives_on_are_refused_in_every_country(number: str) -> None:
    with pytest.raises(RefusedByRule) as refused:
        allowed_numbers.check_allowed(of_region("US", "*"), number)
    assert refused.value.code == "number-class"


@pytest.mark.parametrize(
    ("region", "number"),
    [
        ("US", "+14165550123"),  # +1 is two dozen countries: Canada,
        ("US", "+18765550123"),  # Jamaica,
        ("US", "+18685550123"),  # Trinidad and Tobago,
        ("US", "+12425550123"),  # the Bahamas,
        ("US", "+12215550123"),  # and whatever the plan of today does not know
        ("GB", "+447624123456"),  # the Isle of Man has +44,
        ("GB", "+447781123456"),  # and Guernsey
        ("US", "+442079460018"),
        ("US", "+989121234567"),
        ("US", "+80012345678"),
    ],
)
def test_other_countries_are_refused_though_they_share_the_code(region: str, number: str) -> None:
    with pytest.raises(RefusedByRule) as refused:
        allowed_numbers.check_allowed(of_region(region), number)
    assert refused.value.code == "country-not-allowed"


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        (of_region("US"), "+12025550123"),
        (of_region("US"), "+15550123"),
        (of_region("GB"), "+442079460018"),
        (of_region("GB"), "+447700900123"),
        (of_region("GB"), "+443001234567"),  # 03 costs what a landline does
        (of_region("IR"), "+989121234567"),
        (of_region("US", "US,CA"), "+14165550123"),
        (of_region("US", "*"), "+989121234567"),
        (of_region("IR", numbers="+12025550100"), "+12025550123"),  # where our own numbers are
    ],
)
def test_what_is_ours_or_allowed_may_be_called(settings: Settings, number: str) -> None:
    allowed_numbers.check_allowed(settings, number)


def test_a_list_of_countries_replaces_our_own() -> None:
    with pytest.raises(RefusedByRule):
        allowed_numbers.check_allowed(of_region("US", "CA"), "+12025550123")


def test_a_caller_is_promised_no_call_to_a_number_nobody_may_ring() -> None:
    runtime = build_runtime(of_region("US"), Flows())
    assert runtime.number_to_ring_back("9002345678") is None
    assert runtime.number_to_ring_back("8765550123") is None
    assert runtime.number_to_ring_back("2025550123") == "+12025550123"


# --- how much -------------------------------------------------------------------------------------


def test_a_call_is_placed_with_a_time_limit(services: Services, rings: respx.Route) -> None:
    limit(services, CALLCRM_CALL_MINUTES="30")
    place(services, hire(services))
    assert parse_qs(rings.calls.last.request.content.decode())["TimeLimit"] == ["1800"]


def test_of_fifty_clicks_at_once_no_more_are_placed_than_a_day_may_have(
    services: Services, rings: respx.Route
) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="7")
    agents = [hire(services, f"agent{n}", f"+1202555{1000 + n}") for n in range(50)]
    ends = clicks(services, [(agent, LEILA) for agent in agents])
    refused = [end for end in ends if isinstance(end, RefusedByRule)]
    assert (rings.call_count, len(refused)) == (7, 43)
    assert {fault.code for fault in refused} == {"calls-per-day"}


def test_of_fifty_clicks_at_once_no_more_are_placed_than_the_money_is_for(
    services: Services, rings: respx.Route
) -> None:
    """Each counts five minutes at least, whatever the carrier will say."""
    limit(services, CALLCRM_SPEND_PER_DAY="2", CALLCRM_CALL_PRICE="0.10")
    agents = [hire(services, f"agent{n}", f"+1202555{1000 + n}") for n in range(50)]
    ends = clicks(services, [(agent, LEILA) for agent in agents])
    assert rings.call_count == 4
    assert {end.code for end in ends if isinstance(end, RefusedByRule)} == {"spend-per-day"}


def test_a_day_later_calls_are_made_again(services: Services, rings: respx.Route) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="1")
    sara = hire(services)
    place(services, sara)
    reports(services, "CA1", "no-answer", Timestamp="Mon, 05 Jan 2026 12:00:30 +0000", CallDuration="0")
    with pytest.raises(RefusedByRule, match="at most 1"):
        place(services, sara)
    services.clock.advance(24 * 3600 + 1)
    place(services, sara)


def test_what_the_carrier_refused_counts_for_nothing(
    services: Services, respx_mock: respx.MockRouter
) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="1")
    sara = hire(services)
    now = services.clock.now()
    row = DialRequest(id="r", agent_id=sara, target="x", to_e164=LEILA, status="refused", created_at=now)
    services.store.write_now(lambda session: session.add(row))
    services.store.write_now(
        lambda session: limits.check(session, services.runtime.settings, sara, services.clock.now())
    )


def cost_of_one(services: Services, sara: str) -> list[str]:
    """The caps of whole amounts that one call more would break."""
    broken = []
    for cap in range(1, 20):
        settings = load_settings({**SETTINGS, "CALLCRM_SPEND_PER_DAY": str(cap), "CALLCRM_CALL_PRICE": "1"})
        try:
            services.store.write_now(
                lambda session, s=settings: limits.check(session, s, sara, services.clock.now())  # type: ignore[misc]
            )
        except RefusedByRule:
            broken.append(str(cap))
    return broken


def test_a_call_costs_its_minutes_and_then_what_the_carrier_says(
    services: Services, rings: respx.Route
) -> None:
    sara = hire(services)
    place(services, sara)
    assert cost_of_one(services, sara)[-1] == "9"  # five minutes of this one and of the next
    services.clock.advance(8 * 60)
    assert cost_of_one(services, sara)[-1] == "12"  # eight so far
    reports(services, "CA1", "completed", Timestamp="Mon, 05 Jan 2026 12:02:01 +0000", CallDuration="121")
    assert cost_of_one(services, sara)[-1] == "7"  # three minutes begun

    def say_price(session: Session) -> None:
        session.exec(select(DialRequest)).one().price = 1_000_000

    services.store.write_now(say_price)
    assert cost_of_one(services, sara)[-1] == "5"


# --- the softphone --------------------------------------------------------------------------------


def dial(services: Services, agent: str, to: str, sid: str = "CAsoft") -> ET.Element:
    """The TwiML for an agent who dials from the browser."""
    form = Form({"CallSid": sid, "From": f"client:{agent}", "To": to, "CallStatus": "ringing"}.items())
    now = services.clock.now()
    request = events.parse_flow_request("client", f"/client?{sid}", Position(NodeKind.DONE), form, now)
    assert request
    event = services.store.write_now(
        lambda session: agent_legs.dialled(session, services.runtime, request, to, now)
    )
    return ET.fromstring(event.answer or "")  # ours


def rung(document: ET.Element) -> list[str | None]:
    return [number.text for number in document.iter("Number")]


def test_the_softphone_rings_what_may_be_called_for_a_limited_time(services: Services) -> None:
    limit(services, CALLCRM_CALL_MINUTES="30")
    document = dial(services, hire(services), LEILA)
    assert rung(document) == [LEILA]
    assert [verb.get("timeLimit") for verb in document.iter("Dial")] == ["1800"]


@pytest.mark.parametrize("to", [*FORBIDDEN_CLASSES[:3], "+18765550123", "+442079460018"])
def test_the_softphone_rings_nobody_for_a_number_that_is_not_called(services: Services, to: str) -> None:
    limit(services)
    sara = hire(services)
    document = dial(services, sara, to)
    assert [verb.tag for verb in document] == ["Say", "Hangup"]
    state = services.store.read_now(lambda session: session.get(Call, call_rows.call_id("CAsoft")))
    assert state is not None
    assert services.store.read_now(lambda session: session.exec(select(DialRequest)).all()) == []


def test_clicks_and_softphones_share_the_limits(services: Services, rings: respx.Route) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="2")
    sara, omar = hire(services), hire(services, "Omar", "+12025550112")
    assert rung(dial(services, sara, LEILA)) == [LEILA]
    place(services, omar)
    zoe = hire(services, "Zoe", "+12025550113")
    assert rung(dial(services, zoe, LEILA, "CAthird")) == []
    with pytest.raises(RefusedByRule):
        place(services, zoe)


def test_a_repeated_request_of_a_softphone_counts_once_and_is_answered_alike(services: Services) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="1")
    sara = hire(services)
    documents = {ET.tostring(dial(services, sara, LEILA)) for _ in range(3)}
    assert len(documents) == 1
    assert rung(dial(services, sara, LEILA, "CAother")) == []


def test_an_hour_of_softphone_dials_is_limited_too(services: Services) -> None:
    limit(services)
    sara = hire(services)
    answers = [rung(dial(services, sara, LEILA, f"CA{n}")) for n in range(limits.PER_AGENT + 2)]
    assert answers.count([LEILA]) == limits.PER_AGENT
    with pytest.raises(TooMany):
        services.store.write_now(
            lambda session: dial_requests.record_dialled(
                session, services.runtime, to=LEILA, agent_id=sara, sid="CAlast", now=services.clock.now()
            )
        )


def test_who_is_no_agent_rings_the_operators(services: Services) -> None:
    limit(services)
    assert rung(dial(services, "nobody", LEILA)) == [OPERATOR]


# --- emergencies ----------------------------------------------------------------------------------


def test_no_limit_stands_between_a_softphone_and_an_emergency_number(services: Services) -> None:
    limit(services, CALLCRM_CALLS_PER_DAY="0")
    document = dial(services, hire(services), "911")
    assert rung(document) == ["911"]
    assert [verb.get("timeLimit") for verb in document.iter("Dial")] == [None]


def test_only_the_regions_own_emergency_numbers_are(services: Services) -> None:
    limit(services)
    assert rung(dial(services, hire(services), "110")) == [OPERATOR]  # no number: a human is heard


@pytest.mark.parametrize("to", ["911", "112"])
def test_a_click_on_an_emergency_number_is_refused_with_the_reason(
    services: Services, rings: respx.Route, to: str
) -> None:
    with pytest.raises(RefusedByRule, match="on a telephone") as refused:
        place(services, hire(services), to)
    assert refused.value.code == "emergency-number"
    assert isinstance(refused.value, Refused)
    assert not rings.called
