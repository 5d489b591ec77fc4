"""Calls over the API: found, looked at, assigned, noted."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from callcrm.models import CarrierEvent, Leg, LiveEvent, Note, Pop, Promise, Recording
from tests.api.support.each import each
from tests.api.support.office import NOON, OWN_NUMBER, Asker, Office, at, call, customer

ANOTHER = "+12025550177"


def test_a_call_is_told_as_the_contract_names_its_fields(office: Office) -> None:
    office.add(*customer("rosa", "+12025550123"))
    office.add(
        call(
            "one",
            agent_id="ana",
            customer_id="cus_rosa",
            identified_by="number",
            queue="sales",
            language="en",
            ivr_path=[{"node": "main", "input": "1"}],
            disposition="sold",
            answered_at=at(1),
            ended_at=at(3),
            wait_seconds=20,
            talk_seconds=120,
            duration_seconds=180,
        )
    )
    assert office.ana.get("/calls")["items"] == [
        {
            "id": "call_one",
            "carrier": "twilio",
            "carrier_sid": "CAone",
            "direction": "inbound",
            "from": "+12025550123",
            "from_raw": "+12025550123",
            "to": OWN_NUMBER,
            "state": "ended",
            "outcome": "answered",
            "customer": {"id": "cus_rosa", "name": "Rosa"},
            "candidates": [],
            "agent": {"id": "ana", "name": "Ana"},
            "queue": "sales",
            "language": "en",
            "ivr_path": [{"node": "main", "input": "1"}],
            "disposition": "sold",
            "subject": None,
            "started_at": "2026-01-05T12:00:00.000Z",
            "answered_at": "2026-01-05T12:01:00.000Z",
            "ended_at": "2026-01-05T12:03:00.000Z",
            "wait_seconds": 20,
            "talk_seconds": 120,
            "duration_seconds": 180,
            "promise": None,
        }
    ]


def test_a_withheld_caller_is_null_but_what_the_carrier_said_stays(office: Office) -> None:
    office.add(call("one", from_raw="+266696687", from_e164=None, phone=None))
    withheld = office.ana.get("/calls/call_one")
    assert (withheld["from"], withheld["from_raw"]) == (None, "+266696687")


def test_a_call_to_what_is_no_number_tells_what_the_carrier_said(office: Office) -> None:
    office.add(call("one", to_raw="sip:desk@example.com", to_e164=None))
    assert office.ana.get("/calls/call_one")["to"] == "sip:desk@example.com"


def test_a_call_is_found_by_the_carriers_sid(office: Office) -> None:
    office.add(call("one"))
    assert office.ana.get("/calls/CAone")["id"] == "call_one"


def test_a_shared_number_shows_its_candidates_until_somebody_chooses(office: Office) -> None:
    office.add(*customer("rosa", "+12025550123"), *customer("paul", "+12025550123"), call("one"))
    candidates = office.ana.get("/calls/call_one")["candidates"]
    assert {candidate["name"] for candidate in candidates} == {"Rosa", "Paul"}
    chosen = office.ana.send("PATCH", "/calls/call_one", {"customer": "cus_paul"})
    assert (chosen["customer"], chosen["candidates"]) == ({"id": "cus_paul", "name": "Paul"}, [])


def test_a_number_of_one_customer_needs_no_choosing(office: Office) -> None:
    office.add(*customer("rosa", "+12025550123"), call("one", identified_by="ana"))
    assert office.ana.get("/calls/call_one")["candidates"] == []


def test_a_call_that_made_a_promise_has_it(office: Office) -> None:
    office.add(call("one", outcome="voicemail"))
    office.add(
        Promise(
            id="prm_1",
            kind="voicemail",
            phone="+12025550123",
            call_id="call_one",
            owner_id="ben",
            due_at=at(60),
            created_at=NOON,
        )
    )
    assert office.ana.get("/calls")["items"][0]["promise"] == {
        "id": "prm_1",
        "kind": "voicemail",
        "state": "open",
        "customer": None,
        "phone": "+12025550123",
        "call": "call_one",
        "owner": {"id": "ben", "name": "Ben"},
        "due_at": "2026-01-05T13:00:00.000Z",
        "created_at": "2026-01-05T12:00:00.000Z",
    }


@each(
    "query expected",
    [
        ({"customer": "cus_rosa"}, ["call_b"]),
        ({"agent": "ben"}, ["call_b"]),
        ({"queue": "sales"}, ["call_c"]),
        ({"direction": "outbound"}, ["call_b"]),
        ({"outcome": "abandoned"}, ["call_c"]),
        ({"state": "queued"}, ["call_d"]),
        ({"phone": ANOTHER}, ["call_c"]),
        ({"phone": "(202) 555-0177"}, ["call_c"]),
        ({"phone": "whoever"}, []),
        ({"since": "2026-01-05T12:02:00Z"}, ["call_d", "call_c"]),
        ({"until": "2026-01-05T12:02:00Z"}, ["call_b", "call_a"]),
        ({"since": "2026-01-05T13:01:00+01:00", "until": "2026-01-05t12:02:00.5z"}, ["call_c", "call_b"]),
        ({"agent": "ben", "direction": "inbound"}, []),
        ({"agent": "nobody"}, []),
        ({"colour": "blue"}, ["call_d", "call_c", "call_b", "call_a"]),
    ],
)
def test_calls_are_found_by_what_is_asked(
    office: Office, four: None, query: dict[str, str], expected: list[str]
) -> None:
    assert office.ana.ids("/calls", **query) == expected


@pytest.fixture
def four(office: Office) -> None:
    """Four calls a minute apart."""
    office.add(*customer("rosa"))
    office.add(
        call("a"),
        call("b", started_at=at(1), direction="outbound", agent_id="ben", customer_id="cus_rosa"),
        call("c", started_at=at(2), phone=ANOTHER, queue="sales", outcome="abandoned"),
        call("d", started_at=at(3), state="queued", outcome=None),
    )


@each(
    "q expected",
    [
        ("rosa", ["call_b"]),
        ("ROSA garcia", ["call_b"]),
        ("rosa paul", []),
        ("blue kettle", ["call_a"]),
        ("100%", ["call_c"]),
        ("%", []),
        ("_", []),
        ("5550177", ["call_c"]),
        ("(202) 555-0177", ["call_c"]),
        ("۵۵۵۰۱۷۷", ["call_c"]),
        ("كتاب", ["call_b"]),
        ("'; drop table call; --", []),
    ],
)
def test_words_are_looked_for_in_notes_names_and_numbers(
    office: Office, noted: None, q: str, expected: list[str]
) -> None:
    assert office.ana.ids("/calls", q=q) == expected


@pytest.fixture
def noted(office: Office) -> None:
    """Three calls with notes."""
    office.add(*customer("rosa", search_text="rosa garcia"))
    office.add(
        call("a"),
        call("b", started_at=at(1), customer_id="cus_rosa"),
        call("c", started_at=at(2), phone=ANOTHER),
    )
    note(office.ana, "call_a", "The Blue one, the KETTLE")
    note(office.ana, "call_b", "کتاب خواست")
    note(office.ana, "call_c", "sure to 100%")


def note(asker: Asker, ref: str, body: str) -> None:
    asker.send("POST", f"/calls/{ref}/notes", {"body": body}, 201)


@each(
    "query",
    [
        {"since": "yesterday"},
        {"since": "2026-01-05"},
        {"since": "2026-01-05T12:00:00"},
        {"since": "1767614400"},
        {"until": "2026-02-30T12:00:00Z"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "2026-01-05T12:00:00Z\x00"},
        {"state": "asleep"},
        {"direction": "sideways"},
        {"outcome": "none"},
        {"q": "x" * 201},
        {"customer": "\x00"},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(office: Office, query: dict[str, str]) -> None:
    assert office.ana.ask("GET", "/calls", params=query).status_code == 400


def test_the_whole_story_of_a_call_is_told(office: Office) -> None:
    office.add(call("one"))
    office.add(
        Leg(carrier_sid="CAleg", call_id="call_one", agent_id="ana", target="+12025550110", rang_at=NOON),
        Recording(
            id="rec_1", call_id="call_one", carrier_sid="RE1", kind="call", status="stored", created_at=NOON
        ),
        Recording(id="rec_2", call_id="call_one", carrier_sid="RE2", kind="voicemail", created_at=at(1)),
        Pop(id="pop_1", call_id="call_one", agent_id="ana", sent_at=NOON),
    )
    note(office.ana, "call_one", "a note")
    story = office.sara.get("/calls/call_one")
    assert story["legs"] == [
        {
            "carrier_sid": "CAleg",
            "agent": {"id": "ana", "name": "Ana"},
            "target": "+12025550110",
            "rang_at": "2026-01-05T12:00:00.000Z",
            "answered_at": None,
            "ended_at": None,
            "status": None,
        }
    ]
    media_urls = [recording["media_url"] for recording in story["recordings"]]
    assert media_urls == ["/api/v1/recordings/rec_1/media", None]
    assert story["pops"] == [
        {
            "agent": {"id": "ana", "name": "Ana"},
            "sent_at": "2026-01-05T12:00:00.000Z",
            "delivered_at": None,
            "seen_at": None,
        }
    ]
    assert [(written["author"], written["body"]) for written in story["notes"]] == [("Ana", "a note")]


def event(key: str, seconds: int, **facts: object) -> CarrierEvent:
    return CarrierEvent(
        key=key,
        account="AC0",
        root_sid="CAone",
        sid="CAone",
        kind=str(facts["kind"]),
        received_at=NOON + timedelta(seconds=seconds),
        data={"CallSid": "CAone", "Digits": key},
        facts={"leg": "CAone", **facts},
    )


def test_events_stand_in_the_carriers_order_whatever_the_order_of_arrival(office: Office) -> None:
    events = [
        event("first", 9, kind="request", step=0),
        event("second", 7, kind="request", step=1),
        event("third", 8, kind="status", step=1, status="ringing", sequence=0),
        event("last", 1, kind="status", status="completed"),
    ]
    office.add(call("one"), *reversed(events))
    listed = office.ana.get("/calls/call_one")["events"]
    assert [row["id"] for row in listed] == ["first", "second", "third", "last"]
    assert listed[0] == {
        "id": "first",
        "at": None,
        "received_at": "2026-01-05T12:00:09.000Z",
        "kind": "request",
        "sid": "CAone",
        "data": {"CallSid": "CAone", "Digits": "first"},
    }


def test_reassigning_a_call_moves_its_notes_recordings_and_promise(office: Office) -> None:
    office.add(*customer("rosa"), *customer("paul"))
    office.add(
        call("one", customer_id="cus_rosa"),
        Recording(id="rec_1", call_id="call_one", carrier_sid="RE1", kind="call", created_at=NOON),
        Promise(
            id="prm_1",
            kind="voicemail",
            customer_id="cus_rosa",
            call_id="call_one",
            due_at=NOON,
            created_at=NOON,
        ),
    )
    note(office.ana, "call_one", "a note")
    office.ana.send("PATCH", "/calls/call_one", {"customer": "cus_paul"})
    kinds = [
        {entry["kind"] for entry in office.ana.get(f"/customers/cus_{who}/history")["items"]} for who in NAMES
    ]
    assert kinds == [set(), {"call", "note", "recording", "promise"}]


NAMES = ("rosa", "paul")


def test_a_call_can_be_nobodys_again(office: Office) -> None:
    office.add(*customer("rosa"), call("one", customer_id="cus_rosa"))
    assert office.ana.send("PATCH", "/calls/call_one", {"customer": None})["customer"] is None


def test_what_a_patch_leaves_out_stays(office: Office) -> None:
    office.add(*customer("rosa"), call("one", customer_id="cus_rosa", disposition="sold"))
    office.ana.send("PATCH", "/calls/call_one", {"disposition": "returned"})
    patched = office.ana.send("PATCH", "/calls/call_one", {})
    assert (patched["customer"]["id"], patched["disposition"]) == ("cus_rosa", "returned")


def test_a_call_can_not_be_given_to_nobody_we_know(office: Office) -> None:
    office.add(call("one"))
    refused = office.ana.send("PATCH", "/calls/call_one", {"customer": "cus_gone"}, 422)
    assert refused["errors"][0]["pointer"] == "#/customer"


def test_a_note_is_kept_to_the_letter(office: Office) -> None:
    office.add(call("one"))
    body = "  مشتری گفت: ‏«فردا»\r\n\te\u0301\u200d👩‍👩‍👧 " + "x" * 99_000
    note(office.ana, "call_one", body)
    assert office.ana.get("/calls/call_one")["notes"][0]["body"] == body


@pytest.fixture
def one_call(office: Office) -> None:
    """A call."""
    office.add(call("one"))


@each("body", ["", " \n ", "a\x00b", "x" * 100_001, None, 7, ["a"]])
def test_a_note_that_can_not_be_kept_is_refused_and_nothing_is_stored(
    office: Office, one_call: None, body: object
) -> None:
    office.ana.send("POST", "/calls/call_one/notes", {"body": body}, 422)
    assert office.do(lambda session: session.exec(select(Note)).all()) == []


def test_a_note_tells_the_agents_concerned_and_supervisors(office: Office) -> None:
    office.add(call("one", agent_id="ben"), Pop(id="pop_1", call_id="call_one", agent_id="ana", sent_at=NOON))
    note(office.sara, "call_one", "a note")
    live_event = office.do(lambda session: session.exec(select(LiveEvent)).one())
    assert (live_event.kind, live_event.subject, live_event.to, live_event.supervisors) == (
        "call.updated",
        "call_one",
        ["ana", "ben"],
        True,
    )


def test_a_receipt_is_noted_once_for_the_agents_own_pop(office: Office) -> None:
    office.add(
        call("one"), *(Pop(id=who, call_id="call_one", agent_id=who, sent_at=NOON) for who in ("ana", "ben"))
    )
    office.parts.clock.advance(1)
    office.ana.send("POST", "/calls/call_one/receipts", {"receipt": "delivered"})
    office.parts.clock.advance(1)
    office.ana.send("POST", "/calls/call_one/receipts", {"receipt": "delivered"})
    office.ana.send("POST", "/calls/call_one/receipts", {"receipt": "seen"})
    ana, ben = office.ana.get("/calls/call_one")["pops"]
    assert (ana["delivered_at"], ana["seen_at"]) == ("2026-01-05T12:00:01.000Z", "2026-01-05T12:00:02.000Z")
    assert (ben["delivered_at"], ben["seen_at"]) == (None, None)


def test_nobody_acknowledges_a_pop_they_were_not_sent(office: Office) -> None:
    office.add(call("one"), Pop(id="pop_1", call_id="call_one", agent_id="ana", sent_at=NOON))
    office.ben.send("POST", "/calls/call_one/receipts", {"receipt": "seen"}, 404)


def test_a_page_of_calls_costs_the_same_however_many_they_are(office: Office, statements: Any) -> None:
    def cost() -> int:
        with statements() as seen:
            office.ana.get("/calls", limit=200)
        return sum(statement.startswith("SELECT") for statement in seen)  # the last use is written beside it

    few_and_many = []
    for first in (0, 2):
        for number in range(first, first * 10 + 2):
            who = f"p{number}"
            office.add(
                *customer(who, f"+120255501{number:02}"), *customer(f"{who}b", f"+120255501{number:02}")
            )
            office.add(call(f"{who}a", agent_id="ana", customer_id=f"cus_{who}"))
            office.add(call(f"{who}b", agent_id="ben", phone=f"+120255501{number:02}"))
        few_and_many.append(cost())
    assert few_and_many[0] == few_and_many[1]
