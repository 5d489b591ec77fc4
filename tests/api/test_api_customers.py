"""Customers over the API."""

from sqlmodel import select

from callcrm.models import Customer
from tests.api.support.each import each
from tests.api.support.office import OWN_NUMBER, Office, at, call, customer

ROSA = {"name": "Rosa García", "phones": ["(202) 555-0123", "+44 7700 900123"], "language": "es"}


def test_a_customer_is_made_with_their_numbers_in_any_spelling(office: Office) -> None:
    made = office.ana.send("POST", "/customers", ROSA, 201)
    expected = {
        "id": made["id"],
        "name": "Rosa García",
        "phones": ["+12025550123", "+447700900123"],
        "language": "es",
        "tier": None,
        "tier_reason": None,
        "worth": made["worth"],
        "offers": [],
        "open_complaints": 0,
        "contact_plan": None,
        "version": 1,
    }
    assert made == expected
    assert office.ana.get(f"/customers/{made['id']}") == expected


def test_a_shared_number_is_no_conflict(office: Office) -> None:
    office.ana.send("POST", "/customers", ROSA, 201)
    office.ana.send("POST", "/customers", {"name": "Paul", "phones": ["+12025550123"]}, 201)
    assert len(office.ana.ids("/customers", phone="202 555 0123")) == 2


def test_a_new_customer_gets_their_earlier_calls(office: Office) -> None:
    office.add(call("one"))
    made = office.ana.send("POST", "/customers", ROSA, 201)
    assert office.ana.ids("/calls", customer=made["id"]) == ["call_one"]


def test_our_own_number_matches_nobody(office: Office) -> None:
    office.add(call("one", direction="outbound", phone=OWN_NUMBER))
    made = office.ana.send("POST", "/customers", {"name": "Reception", "phones": [OWN_NUMBER]}, 201)
    assert office.ana.ids("/calls", customer=made["id"]) == []


def test_what_a_patch_leaves_out_stays(office: Office) -> None:
    made = office.ana.send("POST", "/customers", ROSA, 201)
    office.ana.send("PATCH", f"/customers/{made['id']}", {"tier": "gold"})
    patched = office.ana.send("PATCH", f"/customers/{made['id']}", {"language": None, "phones": []})
    by_hand = {"tier": "gold", "tier_reason": "Gold: set by hand"}
    assert patched == made | by_hand | {"language": None, "phones": [], "version": 3}


def test_customers_are_found_by_number_and_by_name(office: Office) -> None:
    office.add(*customer("rosa", "+12025550123"), *customer("paul", "+12025550144", created_at=at(1)))
    assert office.ana.ids("/customers") == ["cus_paul", "cus_rosa"]
    assert office.ana.ids("/customers", q="RO") == ["cus_rosa"]
    assert office.ana.ids("/customers", q="5550144") == ["cus_paul"]
    assert office.ana.ids("/customers", phone="202.555.0144") == ["cus_paul"]
    assert office.ana.ids("/customers", phone="anonymous") == []


@each(
    "body field",
    [
        ({}, "name"),
        ({"name": " \n"}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "Rosa", "phones": ["not a number"]}, "phones"),
        ({"name": "Rosa", "phones": "+12025550123"}, "phones"),
        ({"name": "Rosa", "phones": ["+12025550123\x00"]}, "phones/0"),
        ({"name": "Rosa", "phones": ["+1202555" + str(n) for n in range(1000, 1060)]}, "phones"),
        ({"name": "Rosa", "language": "klingon!"}, "language"),
        ({"name": "Rosa", "tier": "x" * 17}, "tier"),
        ({"name": "Rosa", "role": "admin"}, "role"),
    ],
)
def test_a_customer_that_can_not_be_is_refused_by_the_field(office: Office, body: object, field: str) -> None:
    refused = office.ana.send("POST", "/customers", body, 422)
    assert refused["errors"][0]["pointer"] == f"#/{field}"
    assert office.do(lambda session: session.exec(select(Customer)).all()) == []


def test_a_customer_there_is_not_is_not_found(office: Office) -> None:
    for method, path in (("GET", ""), ("GET", "/history")):
        assert office.ana.ask(method, f"/customers/cus_gone{path}").status_code == 404
    office.ana.send("PATCH", "/customers/cus_gone", {"name": "Rosa"}, 404)
