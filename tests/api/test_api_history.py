"""A customer's history over the API: one timeline."""

import pytest

from callcrm.models import Message, Promise, Recording
from tests.api.support.each import each
from tests.api.support.office import Office, at, call, customer

KINDS = ["promise", "message", "note", "recording", "call"]


@pytest.fixture
def rosa(office: Office) -> str:
    """A customer with one of each kind of thing, a minute apart; a recording has its call's time."""
    office.add(*customer("rosa", "+12025550123"), *customer("paul", "+12025550144"))
    office.add(
        call("other", customer_id="cus_paul"),
        call("one", customer_id="cus_rosa"),
        Recording(
            id="rec_1", call_id="call_one", carrier_sid="RE1", kind="call", status="stored", created_at=at(2)
        ),
        Message(
            id="msg_1",
            direction="outbound",
            from_raw="+12025550100",
            to_raw="+12025550123",
            phone="+12025550123",
            body="On its way",
            status="sent",
            customer_id="cus_rosa",
            author_id="ana",
            created_at=at(3),
            received_at=at(3),
        ),
        Promise(id="prm_1", kind="promised", customer_id="cus_rosa", due_at=at(99), created_at=at(4)),
    )
    office.parts.clock.advance(60)
    office.ana.send("POST", "/calls/call_one/notes", {"body": "wants blue"}, 201)
    return "/customers/cus_rosa/history"


def test_everything_is_on_one_timeline_newest_first(office: Office, rosa: str) -> None:
    entries = office.ana.get(rosa)["items"]
    assert [entry["kind"] for entry in entries] == KINDS
    assert [set(entry) for entry in entries] == [{"kind", "at", kind} for kind in KINDS]
    assert entries[1]["message"] == {
        "id": "msg_1",
        "carrier_sid": None,
        "direction": "outbound",
        "channel": "sms",
        "from": "+12025550100",
        "from_raw": "+12025550100",
        "to": "+12025550123",
        "body": "On its way",
        "media": [],
        "location": None,
        "button": None,
        "profile_name": None,
        "status": "sent",
        "error": None,
        "customer": {"id": "cus_rosa", "name": "Rosa"},
        "author": {"id": "ana", "name": "Ana"},
        "created_at": "2026-01-05T12:03:00.000Z",
        "answered_at": None,
    }
    assert (entries[2]["note"]["body"], entries[4]["call"]["id"]) == ("wants blue", "call_one")


def test_pages_of_a_history_lead_through_everything_once(office: Office, rosa: str) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = office.ana.get(rosa, limit=2, **cursor)
        seen += [entry["kind"] for entry in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == KINDS


@each("kind", KINDS)
def test_a_history_can_be_of_one_kind(office: Office, rosa: str, kind: str) -> None:
    assert [entry["kind"] for entry in office.ana.get(rosa, kind=kind)["items"]] == [kind]


def test_a_history_can_be_of_some_time(office: Office, rosa: str) -> None:
    entries = office.ana.get(rosa, since="2026-01-05T12:01:00Z", until="2026-01-05T12:04:00Z")["items"]
    assert [entry["kind"] for entry in entries] == ["message", "note"]


@each("query", [{"kind": "gossip"}, {"since": "then"}, {"cursor": "here"}, {"limit": "0"}])
def test_a_history_that_makes_no_sense_is_refused(office: Office, rosa: str, query: dict[str, str]) -> None:
    assert office.ana.ask("GET", rosa, params=query).status_code == 400


def test_a_strange_place_in_a_cursor_does_no_harm(office: Office, rosa: str) -> None:
    office.add(*customer("ines"))
    page = office.ana.get("/customers", limit=1)
    assert office.ana.ask("GET", rosa, params={"cursor": page["next"]}).status_code == 200
