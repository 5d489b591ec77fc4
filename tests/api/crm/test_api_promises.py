"""What we owe callers, over the API."""

import pytest

from callcrm.models import Promise
from tests.api.support.each import each
from tests.api.support.office import Office, at, call, customer

DUE = "2026-01-05T18:00:00.000Z"


@pytest.fixture(autouse=True)
def owed(office: Office) -> None:
    """Two promises."""
    office.add(*customer("rosa"))
    office.add(
        Promise(id="prm_1", kind="promised", customer_id="cus_rosa", due_at=at(9), created_at=at(1)),
        Promise(id="prm_2", kind="missed", owner_id="ben", state="kept", due_at=at(9), created_at=at(2)),
    )


@each(
    "query expected",
    [
        ({}, ["prm_2", "prm_1"]),
        ({"state": "open"}, ["prm_1"]),
        ({"owner": "ben"}, ["prm_2"]),
        ({"customer": "cus_rosa"}, ["prm_1"]),
        ({"customer": "cus_rosa", "state": "kept"}, []),
    ],
)
def test_promises_are_found_by_what_is_asked(
    office: Office, query: dict[str, str], expected: list[str]
) -> None:
    assert office.ana.ids("/promises", **query) == expected


def test_a_promise_is_closed(office: Office) -> None:
    closed = office.ana.send("PATCH", "/promises/prm_1", {"state": "kept"})
    assert (closed["state"], closed["customer"]) == ("kept", {"id": "cus_rosa", "name": "Rosa"})
    assert office.ana.ids("/promises", state="open") == []


def test_a_promise_is_opened_again(office: Office) -> None:
    office.ana.send("PATCH", "/promises/prm_1", {"state": "dropped"})
    assert office.ana.send("PATCH", "/promises/prm_1", {"state": "open"})["state"] == "open"
    assert office.ana.ids("/promises", state="open") == ["prm_1"]


@each("changes", [{}, {"state": "later"}, {"state": None}])
def test_a_promise_is_only_open_kept_or_dropped(office: Office, changes: object) -> None:
    office.ana.send("PATCH", "/promises/prm_1", changes, 422)


def test_a_promise_there_is_not_is_not_found(office: Office) -> None:
    office.ana.send("PATCH", "/promises/prm_9", {"state": "kept"}, 404)


def test_a_state_there_is_not_is_refused(office: Office) -> None:
    assert office.ana.ask("GET", "/promises?state=broken").status_code == 400


@pytest.fixture
def noted_call(office: Office) -> str:
    """The path to the promises of a call of Rosa's."""
    office.add(call("one", customer_id="cus_rosa"))
    return "/calls/call_one/promises"


def test_a_promise_is_given_on_a_call_once_to_be_kept_by_whoever_gives_it(
    office: Office, noted_call: str
) -> None:
    body = {"what": "Send the\nprice list.", "due_at": DUE}
    headers = {"Idempotency-Key": "k1"}
    promise = office.ana.send("POST", noted_call, body, 201, headers=headers)
    assert promise == office.ana.send("POST", noted_call, body, 201, headers=headers)
    assert (promise["kind"], promise["state"], promise["owner"]["id"]) == ("promised", "open", "ana")
    assert (promise["customer"]["id"], promise["due_at"]) == ("cus_rosa", DUE)
    assert office.ana.ids("/promises", owner="ana") == [promise["id"]]


@each("what", [" ", "x" * 501])
def test_a_promise_says_what_in_few_words(office: Office, noted_call: str, what: str) -> None:
    office.ana.send("POST", noted_call, {"what": what, "due_at": DUE}, 422)
    assert office.ana.ids("/promises", owner="ana") == []


@each(
    "due_at", ["0500-01-01T00:00:00Z", "2020-01-05T18:00:00Z", "2199-01-05T18:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_promise_is_due_in_some_years_at_most(office: Office, noted_call: str, due_at: str) -> None:
    problem = office.ana.send("POST", noted_call, {"what": "Ring back.", "due_at": due_at}, 422)
    assert problem["errors"][0]["pointer"] == "#/due_at"
    assert office.ana.ids("/promises", owner="ana") == []


def test_a_token_of_no_person_gives_no_promise(office: Office, noted_call: str) -> None:
    office.token("admin").send("POST", noted_call, {"what": "Ring back.", "due_at": DUE}, 403)
