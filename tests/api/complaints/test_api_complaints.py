"""Complaints over the API: opened, listed, moved on, and absent for whoever is complained of."""

from typing import Any

import pytest

from tests.api.support.each import each
from tests.api.support.office import Office, call, customer

NOON, TOMORROW = "2026-01-05T12:00:00.000Z", "2026-01-06T12:00:00.000Z"
FIELDS = {
    *("id", "customer", "about", "product", "staff", "call", "second", "body", "stage", "owner", "offer"),
    *("resolution", "opened_at", "acknowledged_at", "closed_at", "due_at", "late", "business_minutes"),
    "repeat_of",
}
ORDER = ("received", "acknowledged", "investigating", "offered", "following_up", "closed")


@pytest.fixture(autouse=True)
def rosa(office: Office) -> None:
    """A customer with a call."""
    office.add(*customer("rosa"), *customer("tom"), call("one", customer_id="cus_rosa"))


def opened(office: Office, **fields: Any) -> dict[str, Any]:
    """A complaint of Rosa's about a rug, or about what is said."""
    body = {"customer": "cus_rosa", "about": "product", "product": "Rug", "body": "It is torn."}
    answer: dict[str, Any] = office.sara.send("POST", "/complaints", body | fields, 201)
    return answer


def test_a_complaint_is_opened_on_a_call(office: Office) -> None:
    complaint = opened(office, customer=None, call="call_one", second=42)
    assert set(complaint) >= FIELDS
    assert complaint["customer"] == {"id": "cus_rosa", "name": "Rosa"}
    assert (complaint["call"], complaint["second"], complaint["stage"]) == ("call_one", 42, "received")
    assert (complaint["opened_at"], complaint["due_at"]) == (NOON, TOMORROW)  # eight business hours
    assert (complaint["late"], complaint["business_minutes"], complaint["repeat_of"]) == (False, 0, None)
    assert office.ana.get(f"/complaints/{complaint['id']}") == complaint


@each(
    "fields field",
    [
        ({"about": "staff"}, "staff"),
        ({"staff": "nobody"}, "staff"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"call": "call_nobody"}, "call"),
        ({"opened_at": TOMORROW}, "opened_at"),
        ({"opened_at": "1910-01-05T12:00:00Z"}, "opened_at"),
        ({"due_at": NOON}, "due_at"),
        ({"body": " "}, "body"),
        ({"owner": "nobody"}, "owner"),
        ({"about": "staff", "staff": "ana", "owner": "ana"}, "owner"),
    ],
)
def test_what_can_t_be_is_refused(office: Office, fields: dict[str, Any], field: str) -> None:
    body = {"customer": "cus_rosa", "about": "product", "product": "Rug", "body": "It is torn."} | fields
    assert f"/{field}" in office.sara.send("POST", "/complaints", body, 422)["errors"][0]["pointer"]


def test_it_goes_from_stage_to_stage_and_none_is_skipped(office: Office) -> None:
    path = f"/complaints/{opened(office)['id']}"
    for stage in ORDER[2:]:
        refused = office.ana.send("PATCH", path, {"stage": stage}, 409)
        assert refused["type"].endswith("stage-order")
    for stage in ORDER:
        assert office.ana.send("PATCH", path, {"stage": stage})["stage"] == stage
    closed = office.ana.get(path)
    assert (closed["acknowledged_at"], closed["closed_at"]) == (NOON, NOON)
    assert office.sara.send("PATCH", path, {"stage": "offered"}, 409)["type"].endswith("stage-order")
    assert office.ana.send("PATCH", path, {"stage": "following_up"}, 409)["type"].endswith("stage-order")
    reopened = office.sara.send("PATCH", path, {"stage": "following_up"})
    assert (reopened["stage"], reopened["closed_at"]) == ("following_up", None)


def test_what_is_done_with_it_is_changed_field_by_field(office: Office) -> None:
    path = f"/complaints/{opened(office)['id']}"
    office.ana.send("PATCH", path, {"owner": "ben", "offer": "refund", "resolution": "Money back."})
    changed = office.ana.send("PATCH", path, {"root_cause": "product", "lesson": "Check the seams."})
    assert changed["owner"] == {"id": "ben", "name": "Ben"}
    assert (changed["offer"], changed["resolution"]) == ("refund", "Money back.")
    assert (changed["root_cause"], changed["lesson"]) == ("product", "Check the seams.")
    assert (
        office.ana.send("PATCH", path, {"root_cause": "moon"}, 422)["errors"][0]["pointer"] == "#/root_cause"
    )
    assert office.ana.send("PATCH", path, {"due_at": None}, 422)["errors"][0]["pointer"] == "#/due_at"
    assert office.ana.send("PATCH", path, {"owner": None, "offer": None})["owner"] is None


def test_the_past_and_the_business_clock(office: Office) -> None:
    friday = opened(office, opened_at="2026-01-02T16:00:00Z")
    assert friday["due_at"] == "2026-01-05T16:00:00.000Z"
    assert (friday["business_minutes"], friday["late"]) == (60 + 180, False)
    letter = opened(office, opened_at="2025-12-31T09:00:00Z", product="Lamp")
    assert (letter["due_at"], letter["late"]) == ("2025-12-31T17:00:00.000Z", True)
    assert office.ana.ids("/complaints", late="true") == [letter["id"]]
    assert office.ana.ids("/complaints", late="false") == [friday["id"]]


def test_they_are_listed_by_what_is_asked(office: Office) -> None:
    rug = opened(office)["id"]
    lamp = opened(office, customer="cus_tom", about="service", product="Lamp", owner="ben")["id"]
    assert office.ana.ids("/complaints") == [lamp, rug]
    asked: list[tuple[str, str, list[str]]] = [
        ("customer", "cus_tom", [lamp]),
        ("about", "service", [lamp]),
        ("owner", "ben", [lamp]),
        ("product", "  RUG", [rug]),
        ("stage", "received", [lamp, rug]),
        ("stage", "closed", []),
    ]
    for name, value, expected in asked:
        assert office.ana.ids("/complaints", **{name: value}) == expected, name
    page = office.ana.get("/complaints", limit=1)
    assert office.ana.ids("/complaints", cursor=page["next"]) == [rug]


def test_the_newest_earlier_one_about_the_same_is_what_it_repeats(office: Office) -> None:
    first = opened(office, opened_at="2026-01-01T12:00:00Z")["id"]
    second = opened(office, opened_at="2026-01-03T12:00:00Z", product="rúg")
    between = opened(office, opened_at="2026-01-02T12:00:00Z", product="RUG")
    assert (second["repeat_of"], between["repeat_of"]) == (first, first)
    assert office.ana.get(f"/complaints/{second['id']}")["repeat_of"] == between["id"]
    assert opened(office, product="Lamp")["repeat_of"] is None
    assert opened(office, customer="cus_tom")["repeat_of"] is None
    person = opened(office, about="staff", product=None, staff="ana")["id"]
    assert opened(office, about="staff", product=None, staff="ben")["repeat_of"] is None
    assert opened(office, about="staff", product=None, staff="ana")["repeat_of"] == person
    service = opened(office, about="service", product=None)["id"]
    assert opened(office, about="service", product=None)["repeat_of"] == service


def test_one_about_a_person_does_not_exist_for_that_person(office: Office) -> None:
    hidden = opened(office, about="staff", product=None, staff="ana", body="Rude.")["id"]
    seen = opened(office, about="staff", product=None, staff="ben")["id"]
    assert office.ana.ids("/complaints") == [seen]
    assert office.ana.ids("/complaints", about="staff", customer="cus_rosa") == [seen]
    office.ana.send("PATCH", f"/complaints/{hidden}", {"stage": "acknowledged"}, 404)
    assert office.ana.ask("GET", f"/complaints/{hidden}").status_code == 404
    assert office.ana.ask("GET", f"/complaints/{hidden}").json() == {
        **office.ana.ask("GET", "/complaints/cmp_none").json()
    }
    history = office.ana.get("/customers/cus_rosa/history", kind="complaint")["items"]
    assert [item["complaint"]["id"] for item in history] == [seen]
    assert office.ana.get("/customers/cus_rosa")["open_complaints"] == 1
    assert office.ben.get("/customers/cus_rosa")["open_complaints"] == 1
    assert office.sara.get("/customers/cus_rosa")["open_complaints"] == 2
    refused = office.ana.send(
        "POST", "/complaints", {"about": "staff", "staff": "ana", "body": "I was rude."}, 403
    )
    assert "yourself" in refused["detail"]


def test_two_edits_of_one_version_are_not_both_saved(office: Office) -> None:
    complaint = opened(office)
    path = f"/complaints/{complaint['id']}"
    tag = office.ana.ask("GET", path).headers["ETag"]
    office.ana.send("PATCH", path, {"offer": "repair"}, headers={"If-Match": tag})
    stale = office.ana.send("PATCH", path, {"offer": "refund"}, 412, headers={"If-Match": tag})
    assert stale["present"]["offer"] == "repair"
