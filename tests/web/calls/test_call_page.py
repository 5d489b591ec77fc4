"""The page of one call: what it shows, to whom, what may be added, and its number of statements."""

import re
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.customers import customers
from callcrm.models import Call, Note, Promise, User
from callcrm.recordings.local import LocalStorage
from callcrm.simulator.parties.audio import tone_wav
from tests.running import LINE
from tests.running_app import RunningApp
from tests.web.support.call_builders import (
    CALLER,
    EVENTS,
    NAMES,
    NOON,
    OMAR,
    SARA,
    at,
    leg,
    note,
    pop,
    recording,
    status,
    store_call,
    turn,
)
from tests.web.support.page_client import do, page_text, sign_in, statements

pytestmark = pytest.mark.one_engine


@pytest.fixture(autouse=True)
def _agents(app: RunningApp) -> None:
    """Adds Sara and Omar, who answer calls."""

    def verb(session: Session) -> None:
        for user_id, name in NAMES.items():
            email = f"{user_id}@example.test"
            session.add(User(id=user_id, email=email, name=name, role="agent", created_at=NOON))

    do(app, verb)


def add_customer(app: RunningApp, name: str, *phones: str) -> str:
    """Adds a customer; their id."""

    def verb(session: Session) -> str:
        fields: customers.Changes = {"name": name, "phones": list(phones), "tier": "gold"}
        return customers.create(session, fields, region="US", own={LINE}, now=app.services.clock.now()).id

    return str(do(app, verb))


def legs() -> list[Any]:
    """New rows of the call's legs: a session changes those it is given."""
    return [leg(OMAR, "omar", 8, None, 28), leg(SARA, "sara", 29, 41, 76)]


def test_a_call_page_shows_the_customer_the_outcome_and_every_event(app: RunningApp) -> None:
    customer = add_customer(app, "Mina Halloran", CALLER)
    store_call(
        app,
        *legs(),
        pop("omar", 7, 0.1, 1.9),
        note(58, "Wants it on Friday."),
        recording(),
        customer_id=customer,
        disposition="order_changed",
    )
    html = sign_in(app, "Grace", "supervisor").get_page("/calls/call_1")
    text = page_text(html).replace("\u2068", "").replace("\u2069", "")
    for expected in (
        "Mina Halloran",
        "Gold",
        "Answered",
        "Order changed",
        "Called about Sales, Sara Kovac answered",
        "Waited 0:35",
        "Talked 0:35",
        "Presses 1 for English.",
        "Sara Kovac answers.",
        "Wants it on Friday.",
        "The pop was seen after 1.9 s.",
        "Sent 12:00:07, there after 0.1 s",
    ):
        assert expected in text, expected
    assert f'href="/customers/{customer}"' in html
    assert 'data-seek="41.0"' in html
    assert 'data-offset="41.0"' in html
    assert 'data-notes="58"' in html


@pytest.mark.parametrize(("started", "offset"), [(41, "41.6"), (41.6, "41.6"), (43, "41.0"), (38, "38.0")])
def test_a_recording_begins_no_earlier_than_the_answer_whose_fraction_its_start_has_lost(
    app: RunningApp, started: float, offset: str
) -> None:
    tape = recording(created_at=at(started), duration_seconds=34 if started < 43 else 35)
    store_call(app, *legs(), tape, answered_at=at(41.6))
    html = sign_in(app, "Grace", "supervisor").get_page("/calls/call_1")
    assert f'data-offset="{offset}"' in html


def test_a_call_page_is_found_by_its_carrier_sid_too(app: RunningApp) -> None:
    store_call(app, *legs())
    assert "Sara Kovac answers." in page_text(sign_in(app, "Grace", "supervisor").get_page("/calls/CA1"))


def test_an_unknown_call_is_404(app: RunningApp) -> None:
    assert sign_in(app, "Ana").get("/calls/call_none").status_code == 404


def test_each_sentence_links_to_the_carriers_requests_behind_it(app: RunningApp) -> None:
    store_call(app, *legs())
    ana = sign_in(app, "Ana")
    keys = re.findall(r'data-hx-get="(/calls/call_1/carrier/[^"]+)"', ana.get_page("/calls/call_1"))
    assert len(keys) == 11
    text = page_text(ana.get_part(keys[0]))
    assert "CallSid CA1" in text
    assert "request" in text
    ringing = next(key for key in keys if OMAR in key)
    assert page_text(ana.get_part(ringing)).count("CallStatus") == 2  # initiated and ringing are one sentence
    assert ana.get("/calls/call_1/carrier/nothing").status_code == 404


def test_a_call_nobody_answered_says_why_and_which_promise_is_open(app: RunningApp) -> None:
    events = (
        turn(0, 0, destination="node"),
        turn(36, 9, queue_result="hangup", queue_seconds=30, destination="done", hung_up=True),
    )

    def add_promise(session: Session) -> None:
        session.add(
            Promise(
                id="prm_1",
                kind="missed",
                call_id="call_1",
                owner_id="sara",
                due_at=at(1800),
                created_at=at(36),
            )
        )

    store_call(
        app,
        events=events,
        outcome="abandoned",
        agent_id=None,
        answered_at=None,
        queued_at=at(6),
        talk_seconds=0,
    )
    do(app, add_promise)
    text = page_text(sign_in(app, "Grace", "supervisor").get_page("/calls/call_1"))
    assert "Why did nobody answer?" in text
    assert "Nobody was free in Sales while the caller waited 0:35." in text
    assert "What is owed" in text
    assert "12:30" in text


def test_an_agent_sees_every_call_but_hears_only_their_own(app: RunningApp) -> None:
    store_call(app, *legs(), recording())
    ana = sign_in(app, "Ana")
    html = ana.get_page("/calls/call_1")
    assert "<audio" not in html
    assert "caller-line" not in html
    assert "Only who spoke in the call, and supervisors, may hear its recording." in page_text(html)
    assert ana.get("/recordings/rec_1").status_code == 404
    assert ana.get("/recordings/rec_1/line").status_code == 404


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"status": "pending"}, "The recording is still at the carrier."),
        (
            {"status": "pending", "error": "retrying: timed out"},
            "The recording is still at the carrier; the last try failed: it took too long.",
        ),
        (
            {"status": "failed", "error": "gave up: 404"},
            "The recording could not be had from the carrier: the carrier does not have it.",
        ),
        ({"status": "failed", "error": "gave up: 410"}, "could not be had from the carrier: 410."),
        ({"status": "failed", "error": "the carrier recorded nothing"}, "The carrier recorded nothing."),
        ({"status": "deleted"}, "The recording was deleted."),
    ],
)
def test_a_recording_that_is_not_here_says_why(app: RunningApp, columns: dict[str, str], text: str) -> None:
    store_call(app, *legs(), recording(**columns, peaks=None))
    html = sign_in(app, "Grace", "supervisor").get_page("/calls/call_1")
    assert text in page_text(html)
    assert "<audio" not in html


def test_a_recording_never_measured_plays_without_a_waveform(app: RunningApp) -> None:
    store_call(app, *legs(), recording(peaks=None))
    html = sign_in(app, "Grace", "supervisor").get_page("/calls/call_1")
    assert '<audio preload="metadata" src="/recordings/rec_1">' in html
    assert "caller-line" not in html


def write_recording(app: RunningApp, content: bytes) -> str:
    """Writes a file into the storage of recordings; its name."""
    storage = app.services.storage
    assert isinstance(storage, LocalStorage)
    (storage.scratch().parent / ("a" * 32)).write_bytes(content)
    return "a" * 32


def test_audio_is_sent_whole_or_by_range(app: RunningApp) -> None:
    content = tone_wav(1, (440,))
    store_call(app, *legs(), recording(storage_name=write_recording(app, content)))
    grace = sign_in(app, "Grace", "supervisor")
    whole = grace.get("/recordings/rec_1")
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["cache-control"] == "no-store"
    part = grace.get("/recordings/rec_1", Range="bytes=44-99")
    assert (part.status_code, part.content) == (206, content[44:100])
    beyond = grace.get("/recordings/rec_1", Range=f"bytes={len(content)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert grace.get("/recordings/rec_none").status_code == 404


def test_on_an_outgoing_call_the_customers_channel_is_drawn_first(app: RunningApp) -> None:
    loud, soft = [100, 100], [0, 0]
    store_call(app, *legs(), recording(peaks=[loud, soft]), direction="outbound")
    html = sign_in(app, "Grace", "supervisor").get_page("/calls/call_1")
    first = re.search(r'caller-line" d="([^"]+)"', html)
    assert first is not None
    assert first[1].startswith("M0.5 21.5V22.5")  # silent: it was the customer who said nothing
    assert re.findall(r'data-channel="(\w+)">\s*([^<]+?)\s*<', html) == [
        ("both", "Both"),
        ("1", "Called"),
        ("0", "Our side"),
    ]


def stored_call(app: RunningApp) -> Call:
    row = app.services.store.read_now(lambda session: session.get(Call, "call_1"))
    assert row is not None
    return row


def test_a_note_is_added_by_form(app: RunningApp) -> None:
    store_call(app, *legs())
    ana = sign_in(app, "Ana")
    assert ana.post("/calls/call_1/notes", {"body": "  Rang off.  "}).headers["location"] == "/calls/call_1"
    (row,) = app.services.store.read_now(lambda session: session.exec(select(Note)).all())
    assert (row.body, row.author, row.call_id) == ("Rang off.", "Ana", "call_1")
    assert ana.post("/calls/call_1/notes", {"body": " "}).status_code == 422


def test_a_call_is_assigned_to_a_customer_and_unassigned(app: RunningApp) -> None:
    mina, theo = add_customer(app, "Mina Halloran", CALLER), add_customer(app, "Theo Halloran", CALLER)
    store_call(app, *legs(), customer_id=None)
    ana = sign_in(app, "Ana")
    html = ana.get_page("/calls/call_1")
    assert "Which one of 2?" in page_text(html)
    assert mina in html
    assert theo in html
    assert ana.post("/calls/call_1/customer", {"customer": theo}).status_code == 303
    assert (stored_call(app).customer_id, stored_call(app).identified_by) == (theo, ana.id)
    assert "Change whose call it is" in page_text(ana.get_page("/calls/call_1"))
    ana.post("/calls/call_1/customer", {"customer": ""})
    assert stored_call(app).customer_id is None
    assert ana.post("/calls/call_1/customer", {"customer": "cust_none"}).status_code == 422


def test_customers_are_searched_by_form_and_never_in_a_url(app: RunningApp) -> None:
    pia = add_customer(app, "Pia Wren", "+12025550178")
    store_call(app, *legs())
    ana = sign_in(app, "Ana")
    for q in ("wre", "0178", "۰۱۷۸"):
        assert pia in ana.post("/calls/call_1/find", {"q": q}, **{"HX-Request": "true"}).text, q
    nobody = ana.post("/calls/call_1/find", {"q": "zzz"}, **{"HX-Request": "true"}).text
    assert "Nobody is called that" in page_text(nobody)
    assert ana.get("/calls/call_1/find?q=wren").status_code == 405


def test_a_live_call_is_shown_as_far_as_it_has_come(app: RunningApp) -> None:
    store_call(
        app,
        leg(OMAR, "omar", 8, None, 28, ended_at=None, status="ringing"),
        events=EVENTS[:5],
        state="ringing",
        outcome=None,
        agent_id=None,
        answered_at=None,
        ended_at=None,
        wait_seconds=None,
    )
    text = page_text(sign_in(app, "Ana").get_part("/calls/call_1/details"))
    assert "Ringing" in text
    assert "Rings Omar Vance in the browser." in text
    assert "answered" not in text


def test_a_call_page_takes_the_same_few_statements_however_long_the_call_was(app: RunningApp) -> None:
    ringing = [status(100 + n, f"CB{n}", "ringing", agent="omar", target="client:omar") for n in range(40)]
    rows = [leg(f"CB{n}", "omar", 100 + n, None, 101 + n) for n in range(40)]
    notes = [note(200 + n, f"note {n}") for n in range(40)]
    store_call(app, *legs(), *rows, *notes, recording(), events=(*EVENTS, *ringing))
    grace, ana = sign_in(app, "Grace", "supervisor"), sign_in(app, "Ana")
    for client, limit in ((grace, 16), (ana, 18)):
        with statements(app) as selects:
            client.get_page("/calls/call_1")
        assert len(selects) <= limit, "\n".join(selects)


def test_in_persian_the_page_runs_right_to_left_but_the_player_does_not(app: RunningApp) -> None:
    store_call(app, *legs(), recording())
    html = sign_in(app, "Leila", "supervisor", language="fa").get_page("/calls/call_1")
    assert 'dir="rtl"' in html
    assert re.search(r'<input class="place seek"[^>]* dir="ltr"', html)
    assert "۰:۴۱" in html
    assert "0:41" not in re.sub(r'(?:datetime|title|data-[a-z]+)="[^"]*"', "", html)
