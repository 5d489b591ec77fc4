"""The notes panel and parts with notes, over HTTP."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.agents import sessions
from callcrm.agents.states import release_call
from callcrm.base.ids import new_id
from callcrm.calls.disposition import CODES
from callcrm.models import Agent, AgentState, Call, Promise
from tests.clocks import CLOCK, SetClock
from tests.running_app import RunningApp
from tests.web.support.note_writer import NoteWriter, add_call, add_customer, new_writer
from tests.web.support.page_client import PageClient, do, page_text

PART: Any = {"HX-Request": "true"}  # as htmx asks


@pytest.fixture
def writer(app: RunningApp) -> NoteWriter:
    """Ana, on a call."""
    return new_writer(app)


def again(writer: NoteWriter, call: str) -> NoteWriter:
    """The same one, writing about another call."""
    return NoteWriter(writer.app, writer.visitor, call)


def test_without_a_call_the_pad_says_what_it_is_for(app: RunningApp) -> None:
    ana = new_writer(app)
    do(app, lambda session: session.delete(session.get_one(Call, ana.call)))
    assert "When you are in a call, you write here" in page_text(ana.visitor.part("/desk/notes-panel"))


def test_the_call_spoken_on_is_first_and_keeps_its_text(writer: NoteWriter) -> None:
    writer.save("</textarea> <b>\n\nshe said")
    panel = writer.visitor.part("/desk/notes-panel")
    assert f'data-first="call-{writer.call}"' in panel
    assert "&lt;/textarea&gt; &lt;b&gt;\n\nshe said</textarea>" in panel
    assert "This call: +1 202 555 0134" in page_text(panel)
    assert f'data-note="{writer.note}" data-version="1"' in panel


def test_a_text_that_begins_with_a_new_line_keeps_it(writer: NoteWriter) -> None:
    writer.save("\n\nx")
    assert 'data-user="' in writer.visitor.part("/desk/notes-panel")
    assert 'spellcheck="true">\n\n\nx</textarea>' in writer.visitor.part("/desk/notes-panel")


def test_lines_keep_the_second_they_were_begun(writer: NoteWriter, clock: SetClock) -> None:
    clock.advance(108)
    writer.save("found at the shop", age_ms=84_000, finish="yes")
    again(writer, writer.call).save("can go on Friday")
    panel = page_text(writer.visitor.part("/desk/notes-panel"))
    assert "0:24 found at the shop" in panel
    assert "Each line keeps the second it was begun" in panel


def test_the_last_call_stays_until_the_next_and_its_note_after(writer: NoteWriter, clock: SetClock) -> None:
    app, ana = writer.app, writer.visitor
    writer.save("wants it Thursday")
    clock.advance(60)
    last = add_call(app, ana.id, speaking=False)
    assert "Last call:" in page_text(ana.part("/desk/notes-panel"))
    clock.advance(60)
    now = add_call(app, ana.id)
    panel = ana.part("/desk/notes-panel")
    assert f'data-first="call-{now}"' in panel
    assert (f"call-{writer.call}" in panel, f"call-{last}" in panel) == (True, False)
    assert "Earlier call:" in page_text(panel)


def test_an_offered_call_does_not_turn_the_pad(writer: NoteWriter) -> None:
    last, offered = writer.call, add_call(writer.app, writer.visitor.id)

    def ring(session: Session) -> None:
        agent, call = session.get_one(Agent, writer.visitor.id), session.get_one(Call, offered)
        agent.state = AgentState.RINGING
        call.agent_id = call.answered_at = None

    do(writer.app, ring)
    assert f'data-first="call-{last}"' in writer.visitor.part("/desk/notes-panel")


def test_notes_left_open_are_there_at_the_next_sign_in(writer: NoteWriter, clock: SetClock) -> None:
    writer.save("half a sent")
    three_days_later = clock.advance(3 * 24 * 3600)
    again = visitor_again(writer.visitor, three_days_later)
    do(writer.app, lambda session: release_call(session, writer.call, three_days_later))
    panel = again.part("/desk/notes-panel")
    assert "half a sent</textarea>" in panel


def visitor_again(gone: PageClient, now: datetime) -> PageClient:
    """The same one, signed in anew."""

    def sign_in(session: Session) -> PageClient:
        secret = sessions.create_session(session, gone.id, "tests", now)
        who = sessions.authenticate(session, secret, now)
        assert who is not None
        return PageClient(gone.app, gone.id, who.csrf, secret)

    found: PageClient = do(gone.app, sign_in)
    return found


def test_a_note_on_a_customer_has_its_sheet_while_it_is_open(writer: NoteWriter) -> None:
    mina = add_customer(writer.app, "Mina Halloran")
    writer.note = new_id("note", CLOCK.now())
    writer.save("ask for the gate code", call=None, customer=mina)
    assert "About: Mina Halloran" in page_text(writer.visitor.part("/desk/notes-panel"))
    writer.save("ask for the gate code", call=None, customer=mina, version=1, edit_seq=2, finish="yes")
    assert "About: Mina" not in page_text(writer.visitor.part("/desk/notes-panel"))


def test_how_it_ended_is_chosen_and_taken_back(writer: NoteWriter) -> None:
    path = f"/calls/{writer.call}/disposition"
    for code in (*CODES, ""):
        assert writer.visitor.post(path, {"disposition": code}, **PART).status_code == 204
        assert writer.app.get(f"/calls/{writer.call}")["disposition"] == (code or None)
    assert writer.visitor.post(path, {"disposition": "x"}).status_code == 422


def test_every_way_to_end_has_a_name_in_every_language(app: RunningApp) -> None:
    for language in ("en", "fa"):
        panel = new_writer(app, f"Ana {language}", language=language).visitor.part("/desk/notes-panel")
        for code in CODES:
            assert f'<option value="{code}">{code}' not in panel
            assert f'<option value="{code}">' in panel


def test_a_code_of_a_program_is_shown_as_it_is(writer: NoteWriter) -> None:
    writer.app.send("PATCH", f"/calls/{writer.call}", {"disposition": "sold_2"})
    assert '<option value="sold_2" selected>sold_2</option>' in writer.visitor.part("/desk/notes-panel")


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ({"due": "hour"}, "2026-01-05T13:00:00.000Z"),
        ({"due": "today"}, "2026-01-05T18:00:00.000Z"),
        ({"due": "tomorrow"}, "2026-01-06T12:00:00.000Z"),
        ({"due": "day", "day": "2026-01-09", "at": "۰۹:۳۰"}, "2026-01-09T09:30:00.000Z"),
        ({"due": "day", "day": "2026-01-09", "at": "٩:30"}, "2026-01-09T09:30:00.000Z"),
    ],
    ids=["hour", "today", "tomorrow", "persian digits", "arabic digits"],
)
def test_a_promise_is_mine_and_due_when_i_said(writer: NoteWriter, asked: dict[str, str], due: str) -> None:
    path = f"/calls/{writer.call}/promises"
    answer = writer.visitor.post(path, {"what": " Ring  back ", **asked}, **PART)
    (made,) = writer.app.get("/promises")["items"]
    stored = writer.app.services.store.read_now(lambda session: session.get_one(Promise, made["id"]))
    assert (made["kind"], made["due_at"], made["phone"]) == ("promised", due, "+12025550134")
    assert (stored.what, stored.owner_id, stored.created_by) == (
        "Ring back",
        writer.visitor.id,
        writer.visitor.id,
    )
    assert "Ring back" in page_text(answer.text)
    assert "Ring back" in page_text(writer.visitor.part("/desk/notes-panel"))


def test_today_is_the_end_of_the_day_once_the_evening_is_over(writer: NoteWriter, clock: SetClock) -> None:
    clock.set("2026-01-05 18:00")
    writer.visitor.post(f"/calls/{writer.call}/promises", {"what": "x", "due": "today"})
    assert writer.app.get("/promises")["items"][0]["due_at"] == "2026-01-05T23:59:00.000Z"


@pytest.mark.parametrize(
    "asked",
    [
        {"what": " "},
        {"what": "x" * 501},
        {"due": "day", "day": "2026-01-05", "at": "11:59"},
        {"due": "day", "day": "someday"},
        {"due": "day", "day": "2026-01-09", "at": "25:00"},
    ],
    ids=str,
)
def test_what_is_no_promise_is_refused_in_words(writer: NoteWriter, asked: dict[str, str]) -> None:
    answer = writer.visitor.post(f"/calls/{writer.call}/promises", {"what": "x", "due": "hour", **asked})
    assert (answer.status_code, bool(answer.json()["message"])) == (422, True)
    assert writer.app.get("/promises")["items"] == []


def test_a_note_is_shown_finished_pinned_and_opened_as_a_part(writer: NoteWriter) -> None:
    ana, path = writer.visitor, f"/notes/{writer.note}"
    writer.save("<script>alert(1)</script> سلام")
    assert "Still being written" in page_text(ana.part(path))
    shown = ana.post(f"{path}/finish", **PART).text
    assert ("Still being written" in shown, "&lt;script&gt;alert(1)&lt;/script&gt; سلام" in shown) == (
        False,
        True,
    )
    assert "Pinned" in page_text(ana.post(f"{path}/pin?offset=yes", **PART).text)
    assert "at 0:00 of the call" in page_text(ana.part(f"{path}?offset=yes"))
    assert "Pinned" not in page_text(ana.post(f"{path}/unpin", **PART).text)
    assert f'data-note="{writer.note}" data-version="1"' in ana.part(f"{path}/edit")


def test_a_note_on_a_customer_is_added_in_one_go(writer: NoteWriter) -> None:
    mina = add_customer(writer.app, "Mina Halloran")
    path = f"/customers/{mina}/notes"
    part = writer.visitor.post(path, {"body": "gate code 12"}, **PART)
    assert "gate code 12" in page_text(part.text)
    assert writer.visitor.post(path, {"body": "again"}).headers["location"] == f"/customers/{mina}"
    assert writer.visitor.post(path, {"body": " "}).status_code == 422
    assert len(writer.app.get(f"/customers/{mina}/history")["items"]) == 2
