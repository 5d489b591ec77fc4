"""What we owe callers, over the API."""

import pytest

from callcrm.models import Promise
from tests.api.support.each import each
from tests.api.support.office import Office, at, customer


@pytest.fixture(autouse=True)
def owed(office: Office) -> None:
    """Two promises."""
    office.add(*customer("rosa"))
    office.add(
        Promise(id="prm_1", kind="promised", customer_id="cus_rosa", due_at=at(9), created_at=at(1)),
        Promise(id="prm_2", kind="missed", owner_id="ben", state="kept", due_at=at(9), created_at=at(2)),
    )


@each(
    "asked found",
    [
        ({}, ["prm_2", "prm_1"]),
        ({"state": "open"}, ["prm_1"]),
        ({"owner": "ben"}, ["prm_2"]),
        ({"customer": "cus_rosa"}, ["prm_1"]),
        ({"customer": "cus_rosa", "state": "kept"}, []),
    ],
)
def test_promises_are_found_by_what_is_asked(office: Office, asked: dict[str, str], found: list[str]) -> None:
    assert office.ana.ids("/promises", **asked) == found


def test_a_promise_is_closed(office: Office) -> None:
    closed = office.ana.send("PATCH", "/promises/prm_1", {"state": "kept"})
    assert (closed["state"], closed["customer"]) == ("kept", {"id": "cus_rosa", "name": "Rosa"})
    assert office.ana.ids("/promises", state="open") == []


@each("said", [{}, {"state": "open"}, {"state": "later"}, {"state": None}])
def test_a_promise_can_only_be_kept_or_dropped(office: Office, said: object) -> None:
    office.ana.send("PATCH", "/promises/prm_1", said, 422)


def test_a_promise_there_is_not_is_not_found(office: Office) -> None:
    office.ana.send("PATCH", "/promises/prm_9", {"state": "kept"}, 404)


def test_a_state_there_is_not_is_refused(office: Office) -> None:
    assert office.ana.ask("GET", "/promises?state=broken").status_code == 400
