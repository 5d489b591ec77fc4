"""The page of one call: what it tells, to whom, what may be added, and at what cost."""

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
    LEGS,
    NAMES,
    NOON,
    OMAR,
    at,
    keep_call,
    leg,
    note,
    pop,
    recording,
    status,
    turn,
)
from tests.web.support.page_client import PageClient, do, page_text, sign_in, statements


@pytest.fixture(autouse=True)
def _staff(app: RunningApp) -> None:
    """Sara and Omar, who answer calls."""

    def verb(session: Session) -> None:
        for one, name in NAMES.items():
            session.add(User(id=one, email=f"{one}@example.test", name=name, role="agent", created_at=NOON))

    do(app, verb)


def meet(app: RunningApp, name: str, *phones: str) -> str:
    """A customer; their id."""

    def verb(session: Session) -> str:
        given: customers.Changes = {"name": name, "phones": list(phones), "tier": "gold"}
        return customers.create(session, given, region="US", own={LINE}, now=app.services.clock.now()).id

    return str(do(app, verb))


def legs() -> list[Any]:
    """Fresh rows of the call's legs."""
    return [leg(one.carrier_sid, one.agent_id, 8, None, 28) for one in LEGS[:1]] + [
        leg(LEGS[1].carrier_sid, "sara", 29, 41, 76)
    ]


def test_it_tells_who_when_how_it_ended_and_the_whole_story(app: RunningApp) -> None:
    customer = meet(app, "Mina Halloran", CALLER)
    keep_call(
        app,
        *legs(),
        pop("omar", 7, 0.1, 1.9),
        note(58, "Wants it on Friday."),
        recording(),
        customer_id=customer,
        disposition="order_changed",
    )
    html = sign_in(app, "Grace", "supervisor").see("/calls/call_1")
    said = page_text(html).replace("\u2068", "").replace("\u2069", "")
    for text in (
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
        assert text in said, text
    assert f'href="/customers/{customer}"' in html
    assert 'data-seek="41.0"' in html
    assert 'data-offset="41.0"' in html
    assert 'data-notes="58"' in html


def test_it_is_found_by_the_carrier_s_name_for_it_too(app: RunningApp) -> None:
    keep_call(app, *legs())
    assert "Sara Kovac answers." in page_text(sign_in(app, "Grace", "supervisor").see("/calls/CA1"))


def test_there_is_no_such_call(app: RunningApp) -> None:
    assert sign_in(app, "Ana").get("/calls/call_none").status_code == 404


def test_the_carrier_s_own_words_stand_behind_each_sentence(app: RunningApp) -> None:
    keep_call(app, *legs())
    ana = sign_in(app, "Ana")
    keys = re.findall(r'data-hx-get="(/calls/call_1/carrier/[^"]+)"', ana.see("/calls/call_1"))
    assert len(keys) == 11
    said = page_text(ana.part(keys[0]))
    assert "CallSid CA1" in said
    assert "request" in said
    ringing = next(key for key in keys if OMAR in key)
    assert page_text(ana.part(ringing)).count("CallStatus") == 2  # initiated and ringing are one sentence
    assert ana.get("/calls/call_1/carrier/nothing").status_code == 404


def test_a_call_nobody_answered_says_why_and_what_is_owed(app: RunningApp) -> None:
    gone = (
        turn(0, 0, destination="node"),
        turn(36, 9, queue_result="hangup", queue_seconds=30, destination="done", hung_up=True),
    )

    def owed(session: Session) -> None:
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

    keep_call(
        app,
        events=gone,
        outcome="abandoned",
        agent_id=None,
        answered_at=None,
        queued_at=at(6),
        talk_seconds=0,
    )
    do(app, owed)
    said = page_text(sign_in(app, "Grace", "supervisor").see("/calls/call_1"))
    assert "Why did nobody answer?" in said
    assert "Nobody was free in Sales while the caller waited 0:35." in said
    assert "What is owed" in said
    assert "12:30" in said


def test_an_agent_sees_every_call_but_hears_only_their_own(app: RunningApp) -> None:
    keep_call(app, *legs(), recording())
    ana = sign_in(app, "Ana")
    html = ana.see("/calls/call_1")
    assert "<audio" not in html
    assert "caller-line" not in html
    assert "Only who spoke in the call, and supervisors, may hear its recording." in page_text(html)
    assert ana.get("/recordings/rec_1").status_code == 404
    assert ana.get("/recordings/rec_1/line").status_code == 404


@pytest.mark.parametrize(
    ("state", "said"),
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
def test_a_recording_that_is_not_here_says_why(app: RunningApp, state: dict[str, str], said: str) -> None:
    keep_call(app, *legs(), recording(**state, peaks=None))
    html = sign_in(app, "Grace", "supervisor").see("/calls/call_1")
    assert said in page_text(html)
    assert "<audio" not in html


def test_a_recording_never_measured_plays_without_a_waveform(app: RunningApp) -> None:
    keep_call(app, *legs(), recording(peaks=None))
    html = sign_in(app, "Grace", "supervisor").see("/calls/call_1")
    assert '<audio preload="metadata" src="/recordings/rec_1">' in html
    assert "caller-line" not in html


def kept(app: RunningApp, content: bytes) -> str:
    """A file in the keeping of recordings; its name."""
    storage = app.services.storage
    assert isinstance(storage, LocalStorage)
    (storage.scratch().parent / ("a" * 32)).write_bytes(content)
    return "a" * 32


def test_the_audio_is_sent_whole_in_parts_or_not_at_all(app: RunningApp) -> None:
    content = tone_wav(1, (440,))
    keep_call(app, *legs(), recording(storage_name=kept(app, content)))
    grace = sign_in(app, "Grace", "supervisor")
    whole = grace.get("/recordings/rec_1")
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "audio/wav"
    assert "private" in whole.headers["cache-control"]
    part = grace.get("/recordings/rec_1", Range="bytes=44-99")
    assert (part.status_code, part.content) == (206, content[44:100])
    beyond = grace.get("/recordings/rec_1", Range=f"bytes={len(content)}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert grace.get("/recordings/rec_none").status_code == 404


def test_on_a_call_of_ours_the_other_side_is_above_though_it_is_the_second_channel(app: RunningApp) -> None:
    loud, soft = [100, 100], [0, 0]
    keep_call(app, *legs(), recording(peaks=[loud, soft]), direction="outbound")
    html = sign_in(app, "Grace", "supervisor").see("/calls/call_1")
    first = re.search(r'caller-line" d="([^"]+)"', html)
    assert first is not None
    assert first[1].startswith("M0.5 21.5V22.5")  # silent: it was the customer who said nothing
    assert re.findall(r'data-channel="(\w+)">\s*([^<]+?)\s*<', html) == [
        ("both", "Both"),
        ("1", "Called"),
        ("0", "Our side"),
    ]


def the_call(app: RunningApp) -> Call:
    found = app.services.store.read_now(lambda session: session.get(Call, "call_1"))
    assert found is not None
    return found


def test_a_note_is_added_by_form(app: RunningApp) -> None:
    keep_call(app, *legs())
    ana = sign_in(app, "Ana")
    assert ana.post("/calls/call_1/notes", {"body": "  Rang off.  "}).headers["location"] == "/calls/call_1"
    (row,) = app.services.store.read_now(lambda session: session.exec(select(Note)).all())
    assert (row.body, row.author, row.call_id) == ("Rang off.", "Ana", "call_1")
    assert ana.post("/calls/call_1/notes", {"body": " "}).status_code == 422


def test_somebody_says_whose_call_it_is_and_takes_it_back(app: RunningApp) -> None:
    mina, theo = meet(app, "Mina Halloran", CALLER), meet(app, "Theo Halloran", CALLER)
    keep_call(app, *legs(), customer_id=None)
    ana = sign_in(app, "Ana")
    html = ana.see("/calls/call_1")
    assert "Which one of 2?" in page_text(html)
    assert mina in html
    assert theo in html
    assert ana.post("/calls/call_1/customer", {"customer": theo}).status_code == 303
    assert (the_call(app).customer_id, the_call(app).identified_by) == (theo, ana.id)
    assert "Change whose call it is" in page_text(ana.see("/calls/call_1"))
    ana.post("/calls/call_1/customer", {"customer": ""})
    assert the_call(app).customer_id is None
    assert ana.post("/calls/call_1/customer", {"customer": "cust_none"}).status_code == 422


def test_the_customer_is_found_by_name_or_number_without_a_word_in_a_url(app: RunningApp) -> None:
    pia = meet(app, "Pia Wren", "+12025550178")
    keep_call(app, *legs())
    ana = sign_in(app, "Ana")
    for q in ("wre", "0178", "۰۱۷۸"):
        assert pia in ana.post("/calls/call_1/find", {"q": q}, **{"HX-Request": "true"}).text, q
    none = ana.post("/calls/call_1/find", {"q": "zzz"}, **{"HX-Request": "true"}).text
    assert "Nobody is called that" in page_text(none)
    assert ana.get("/calls/call_1/find?q=wren").status_code == 405


def test_a_call_under_way_is_shown_as_far_as_it_has_come(app: RunningApp) -> None:
    keep_call(
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
    said = page_text(sign_in(app, "Ana").part("/calls/call_1/details"))
    assert "Ringing" in said
    assert "Rings Omar Vance in the browser." in said
    assert "answered" not in said


def test_it_costs_the_same_however_long_the_call_was(app: RunningApp) -> None:
    many = [status(100 + n, f"CB{n}", "ringing", agent="omar", target="client:omar") for n in range(40)]
    rows = [leg(f"CB{n}", "omar", 100 + n, None, 101 + n) for n in range(40)]
    notes = [note(200 + n, f"note {n}") for n in range(40)]
    keep_call(app, *legs(), *rows, *notes, recording(), events=(*EVENTS, *many))
    grace, ana = sign_in(app, "Grace", "supervisor"), sign_in(app, "Ana")
    for who, most in ((grace, 10), (ana, 12)):
        with statements(app) as seen:
            who.see("/calls/call_1")
        assert len(seen) <= most, "\n".join(seen)


def test_in_persian_it_runs_right_to_left_but_the_tape_does_not(app: RunningApp) -> None:
    keep_call(app, *legs(), recording())
    html = PageClient.see(sign_in(app, "Leila", "supervisor", language="fa"), "/calls/call_1")
    assert 'dir="rtl"' in html
    assert re.search(r'<input class="place seek"[^>]* dir="ltr"', html)
    assert "۰:۴۱" in html
    assert "0:41" not in re.sub(r'(?:datetime|title|data-[a-z]+)="[^"]*"', "", html)
