"""Calls placed over the API: one request is at most one call."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import respx

from tests.api.support.each import each
from tests.api.support.office import CARRIER, OWN_NUMBER, Asker, Office

CALLS = f"{CARRIER}/2010-04-01/Accounts/AC1/Calls.json"
ROSA = {"to": "(202) 555-0123", "agent": "ana"}


@pytest.fixture
def carrier() -> Iterator[respx.Route]:
    """A carrier that rings whoever it is asked to."""
    sids = (f"CA{number}" for number in range(1, 1000))
    with respx.mock(assert_all_called=False) as router:
        yield router.post(CALLS).mock(
            side_effect=lambda request: httpx.Response(201, json={"sid": next(sids), "status": "queued"})
        )


def place(asker: Asker, key: str | None = "click", status: int = 201, **fields: str) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return asker.send("POST", "/calls", ROSA | fields, status, headers=headers)


def test_a_placed_call_rings_the_agent_first(office: Office, carrier: respx.Route) -> None:
    placed = place(office.ana)
    fields = {name: placed[name] for name in ("carrier_sid", "direction", "to", "from", "state")}
    assert fields == {
        "carrier_sid": "CA1",
        "direction": "outbound",
        "to": "+12025550123",
        "from": OWN_NUMBER,
        "state": "ringing",
    }
    assert b"To=%2B12025550110" in carrier.calls.last.request.content


def test_a_click_sent_again_places_nothing_again(office: Office, carrier: respx.Route) -> None:
    assert place(office.ana)["id"] == place(office.ana)["id"]
    assert carrier.call_count == 1


def test_many_clicks_at_once_place_one_call(office: Office, carrier: respx.Route) -> None:
    def click(_: int) -> int:
        headers = {"Idempotency-Key": "click"}
        return office.ana.ask("POST", "/calls", json=ROSA, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(click, range(16)))
    assert (answers <= {201, 409}, 201 in answers, carrier.call_count) == (True, True, 1)


def test_a_call_that_may_be_ringing_is_never_tried_again(office: Office, carrier: respx.Route) -> None:
    carrier.side_effect = httpx.ReadTimeout("no answer")
    first = place(office.ana, status=503)
    carrier.side_effect = lambda request: httpx.Response(201, json={"sid": "CA9", "status": "queued"})
    assert place(office.ana, status=503) == first
    assert carrier.call_count == 1


def test_a_call_that_certainly_rings_nobody_may_be_tried_again(office: Office, carrier: respx.Route) -> None:
    carrier.side_effect = httpx.ConnectError("down")
    place(office.ana, status=503)
    carrier.side_effect = lambda request: httpx.Response(201, json={"sid": "CA9", "status": "queued"})
    assert place(office.ana)["carrier_sid"] == "CA9"


@each(
    "to code",
    [
        ("+19005550123", "number-class"),
        ("+881612345678", "number-class"),
        ("+18765550123", "country-not-allowed"),
        ("+442079460018", "country-not-allowed"),
        ("911", "emergency-number"),
    ],
)
def test_a_number_a_rule_forbids_is_a_409_with_its_code(
    office: Office, carrier: respx.Route, to: str, code: str
) -> None:
    answer = office.ana.ask("POST", "/calls", json=ROSA | {"to": to}, headers={"Idempotency-Key": to})
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert problem["type"].endswith(code)
    assert len(problem["detail"]) > len("Conflict")
    assert not carrier.called


@each(
    "fields field",
    [
        ({"to": "nobody"}, "to"),
        ({"to": OWN_NUMBER}, "to"),
        ({"to": ""}, "to"),
        ({"agent": "a b"}, "agent"),
        ({"from": "+12025550123"}, "from"),
    ],
)
def test_a_call_that_must_not_be_is_refused(
    office: Office, carrier: respx.Route, fields: dict[str, str], field: str
) -> None:
    refused = place(office.ana, status=422, **fields)
    assert (refused["errors"][0]["pointer"], carrier.call_count) == (f"#/{field}", 0)


def test_an_agent_on_a_break_may_make_a_call_but_not_two(office: Office, carrier: respx.Route) -> None:
    office.ana.send("PUT", "/agents/ana/state", {"state": "break"})
    place(office.ana)
    place(office.ana, key="another click", status=409)
    assert carrier.call_count == 1


def test_an_agent_has_no_other_agent_rung(office: Office, carrier: respx.Route) -> None:
    place(office.ana, status=403, agent="ben")
    assert place(office.sara, agent="ben")["direction"] == "outbound"
