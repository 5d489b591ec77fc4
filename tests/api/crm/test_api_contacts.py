"""Contacts logged by hand, over the API."""

from typing import Any

import pytest

from callcrm.models import Promise
from tests.api.support.office import Office, at, customer

TREE = [
    {
        "code": "orders",
        "name": "Orders",
        "children": [{"code": "delivery", "name": "Delivery", "children": []}],
    }
]


@pytest.fixture(autouse=True)
def rosa(office: Office) -> None:
    office.add(*customer("rosa"))
    office.sara.send("PUT", "/subjects", TREE)


def log(office: Office, **fields: object) -> Any:
    return office.ana.send("POST", "/customers/cus_rosa/contacts", {"kind": "letter", **fields}, 201)


def test_a_contact_is_in_the_history_of_its_customer(office: Office) -> None:
    fields = {
        "direction": "inbound",
        "body": "Asks for an invoice.",
        "subject": "delivery",
        "at": "2026-01-02T10:00:00Z",
    }
    found = log(office, **fields)
    assert {name: found[name] for name in fields} == fields | {"at": "2026-01-02T10:00:00.000Z"}
    assert (found["customer"], found["author"]["id"]) == ({"id": "cus_rosa", "name": "Rosa"}, "ana")
    (entry,) = office.ana.get("/customers/cus_rosa/history?kind=contact")["items"]
    assert (entry["kind"], entry["contact"]) == ("contact", found)
    assert office.ana.get(f"/contacts/{found['id']}") == found


def test_a_kind_is_enough(office: Office) -> None:
    found = log(office)
    assert (found["direction"], found["body"], found["subject"]) == ("inbound", "", None)


def test_contacts_are_listed_and_changed(office: Office) -> None:
    first, second = log(office, at="2026-01-01T10:00:00Z"), log(office, kind="visit", subject="orders")
    assert office.ana.ids("/contacts") == [second["id"], first["id"]]
    assert office.ana.ids("/contacts", kind="letter", customer="cus_rosa") == [first["id"]]
    assert office.ana.ids("/contacts", subject="orders") == [second["id"]]
    changed = office.ben.send("PATCH", f"/contacts/{first['id']}", {"body": "Thanks."})
    assert (changed["body"], changed["kind"], changed["at"]) == ("Thanks.", "letter", first["at"])
    stale = office.ben.ask(
        "PATCH", f"/contacts/{first['id']}", json={"body": "No."}, headers={"If-Match": '"1"'}
    )
    assert stale.status_code == 412


@pytest.mark.parametrize(
    "wrong", [{"kind": "smoke"}, {"subject": "none"}, {"at": "2099-01-01T00:00:00Z"}, {"promise": "prm_ben"}]
)
def test_what_is_no_contact_is_refused(office: Office, wrong: dict[str, str]) -> None:
    office.add(*customer("ben"))
    office.add(Promise(id="prm_ben", kind="promised", customer_id="cus_ben", due_at=at(9), created_at=at(1)))
    office.ana.send("POST", "/customers/cus_rosa/contacts", {"kind": "call", **wrong}, 422)


def test_a_contact_may_keep_a_promise(office: Office) -> None:
    office.add(Promise(id="prm_1", kind="missed", customer_id="cus_rosa", due_at=at(9), created_at=at(1)))
    log(office, kind="call", direction="outbound", promise="prm_1")
    assert office.ana.ids("/promises", state="kept") == ["prm_1"]
