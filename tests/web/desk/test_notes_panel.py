"""The notes panel of the desk, dispositions, promises and notes as parts, over HTTP."""

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

pytestmark = pytest.mark.one_engine

PART: Any = {"HX-Request": "true"}  # the header htmx sends


@pytest.fixture
def writer(app: RunningApp) -> NoteWriter:
    """Ana, who speaks on a call."""
    return new_writer(app)


def another_writer(writer: NoteWriter, call: str) -> NoteWriter:
    """The same agent with a new note on this call."""
    return NoteWriter(writer.app, writer.client, call)


def test_without_a_call_the_notes_panel_says_what_it_is_for(app: RunningApp) -> None:
    ana = new_writer(app)
    do(app, lambda session: session.delete(session.get_one(Call, ana.call)))
    assert "When you are in a call, you write here" in page_text(ana.client.get_part("/desk/notes-panel"))


def test_the_current_call_is_first_with_its_text(writer: NoteWriter) -> None:
    writer.save("</textarea> <b>\n\nshe said")
    panel = writer.client.get_part("/desk/notes-panel")
    assert f'data-first="call-{writer.call}"' in panel
    assert "&lt;/textarea&gt; &lt;b&gt;\n\nshe said</textarea>" in panel
    assert "This call: +1 202 555 0134" in page_text(panel)
    assert f'data-note="{writer.note}" data-version="1"' in panel


def test_a_text_keeps_its_leading_new_lines(writer: NoteWriter) -> None:
    writer.save("\n\nx")
    assert 'data-user="' in writer.client.get_part("/desk/notes-panel")
    assert 'spellcheck="true">\n\n\nx</textarea>' in writer.client.get_part("/desk/notes-panel")


def test_each_note_shows_the_second_it_was_begun(writer: NoteWriter, clock: SetClock) -> None:
    clock.advance(108)
    writer.save("found at the shop", age_ms=84_000, finish="yes")
    another_writer(writer, writer.call).save("can go on Friday")
    panel = page_text(writer.client.get_part("/desk/notes-panel"))
    assert "0:24 found at the shop" in panel
    assert "Each line keeps the second it was begun" in panel


def test_the_last_call_stays_until_the_next_and_its_open_note_longer(
    writer: NoteWriter, clock: SetClock
) -> None:
    app, ana = writer.app, writer.client
    writer.save("wants it Thursday")
    clock.advance(60)
    previous = add_call(app, ana.id, speaking=False)
    assert "Last call:" in page_text(ana.get_part("/desk/notes-panel"))
    clock.advance(60)
    now = add_call(app, ana.id)
    panel = ana.get_part("/desk/notes-panel")
    assert f'data-first="call-{now}"' in panel
    assert (f"call-{writer.call}" in panel, f"call-{previous}" in panel) == (True, False)
    assert "Earlier call:" in page_text(panel)


def test_an_offered_call_does_not_switch_the_notes_panel(writer: NoteWriter) -> None:
    previous, offered = writer.call, add_call(writer.app, writer.client.id)

    def ring(session: Session) -> None:
        agent, call = session.get_one(Agent, writer.client.id), session.get_one(Call, offered)
        agent.state = AgentState.RINGING
        call.agent_id = call.answered_at = None

    do(writer.app, ring)
    assert f'data-first="call-{previous}"' in writer.client.get_part("/desk/notes-panel")


def test_open_notes_are_shown_after_the_next_login(writer: NoteWriter, clock: SetClock) -> None:
    writer.save("half a sent")
    three_days_later = clock.advance(3 * 24 * 3600)
    new_client = signed_in_again(writer.client, three_days_later)
    do(writer.app, lambda session: release_call(session, writer.call, three_days_later))
    panel = new_client.get_part("/desk/notes-panel")
    assert "half a sent</textarea>" in panel


def signed_in_again(client: PageClient, now: datetime) -> PageClient:
    """The same user, signed in anew."""

    def sign_in(session: Session) -> PageClient:
        secret = sessions.create_session(session, client.id, "tests", now)
        signed_in = sessions.authenticate(session, secret, now)
        assert signed_in is not None
        return PageClient(client.app, client.id, signed_in.csrf, secret)

    new_client: PageClient = do(client.app, sign_in)
    return new_client


def test_a_customers_note_is_in_the_panel_while_it_is_open(writer: NoteWriter) -> None:
    mina = add_customer(writer.app, "Mina Halloran")
    writer.note = new_id("note", CLOCK.now())
    writer.save("ask for the gate code", call=None, customer=mina)
    assert "About: Mina Halloran" in page_text(writer.client.get_part("/desk/notes-panel"))
    writer.save("ask for the gate code", call=None, customer=mina, version=1, edit_seq=2, finish="yes")
    assert "About: Mina" not in page_text(writer.client.get_part("/desk/notes-panel"))


def test_a_disposition_is_set_and_cleared(writer: NoteWriter) -> None:
    path = f"/calls/{writer.call}/disposition"
    for code in (*CODES, ""):
        assert writer.client.post(path, {"disposition": code}, **PART).status_code == 204
        assert writer.app.get(f"/calls/{writer.call}")["disposition"] == (code or None)
    assert writer.client.post(path, {"disposition": "x"}).status_code == 422


def test_every_disposition_has_a_name_in_every_language(app: RunningApp) -> None:
    for language in ("en", "fa"):
        panel = new_writer(app, f"Ana {language}", language=language).client.get_part("/desk/notes-panel")
        for code in CODES:
            assert f'<option value="{code}">{code}' not in panel
            assert f'<option value="{code}">' in panel


def test_an_unknown_disposition_code_is_shown_as_it_is(writer: NoteWriter) -> None:
    writer.app.send("PATCH", f"/calls/{writer.call}", {"disposition": "sold_2"})
    assert '<option value="sold_2" selected>sold_2</option>' in writer.client.get_part("/desk/notes-panel")


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"due": "hour"}, "2026-01-05T13:00:00.000Z"),
        ({"due": "today"}, "2026-01-05T18:00:00.000Z"),
        ({"due": "tomorrow"}, "2026-01-06T12:00:00.000Z"),
        ({"due": "day", "day": "2026-01-09", "at": "۰۹:۳۰"}, "2026-01-09T09:30:00.000Z"),
        ({"due": "day", "day": "2026-01-09", "at": "٩:30"}, "2026-01-09T09:30:00.000Z"),
    ],
    ids=["hour", "today", "tomorrow", "persian digits", "arabic digits"],
)
def test_a_promise_belongs_to_the_agent_and_is_due_as_chosen(
    writer: NoteWriter, fields: dict[str, str], due: str
) -> None:
    path = f"/calls/{writer.call}/promises"
    response = writer.client.post(path, {"what": " Ring  back ", **fields}, **PART)
    (promise,) = writer.app.get("/promises")["items"]
    stored = writer.app.services.store.read_now(lambda session: session.get_one(Promise, promise["id"]))
    assert (promise["kind"], promise["due_at"], promise["phone"]) == ("promised", due, "+12025550134")
    assert (stored.what, stored.owner_id, stored.created_by) == (
        "Ring back",
        writer.client.id,
        writer.client.id,
    )
    assert "Ring back" in page_text(response.text)
    assert "Ring back" in page_text(writer.client.get_part("/desk/notes-panel"))


def test_after_18_00_today_means_the_end_of_the_day(writer: NoteWriter, clock: SetClock) -> None:
    clock.set("2026-01-05 18:00")
    writer.client.post(f"/calls/{writer.call}/promises", {"what": "x", "due": "today"})
    assert writer.app.get("/promises")["items"][0]["due_at"] == "2026-01-05T23:59:00.000Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"what": " "},
        {"what": "x" * 501},
        {"due": "day", "day": "2026-01-05", "at": "11:59"},
        {"due": "day", "day": "someday"},
        {"due": "day", "day": "2026-01-09", "at": "25:00"},
    ],
    ids=str,
)
def test_an_invalid_promise_is_refused_with_a_message(writer: NoteWriter, fields: dict[str, str]) -> None:
    response = writer.client.post(f"/calls/{writer.call}/promises", {"what": "x", "due": "hour", **fields})
    assert (response.status_code, bool(response.json()["message"])) == (422, True)
    assert writer.app.get("/promises")["items"] == []


def test_a_note_is_finished_pinned_unpinned_and_edited_as_a_part(writer: NoteWriter) -> None:
    ana, path = writer.client, f"/notes/{writer.note}"
    writer.save("<script>alert(1)</script> سلام")
    assert "Still being written" in page_text(ana.get_part(path))
    html = ana.post(f"{path}/finish", **PART).text
    assert ("Still being written" in html, "&lt;script&gt;alert(1)&lt;/script&gt; سلام" in html) == (
        False,
        True,
    )
    assert "Pinned" in page_text(ana.post(f"{path}/pin?offset=yes", **PART).text)
    assert "at 0:00 of the call" in page_text(ana.get_part(f"{path}?offset=yes"))
    assert "Pinned" not in page_text(ana.post(f"{path}/unpin", **PART).text)
    assert f'data-note="{writer.note}" data-version="1"' in ana.get_part(f"{path}/edit")


def test_a_customers_note_is_added_by_one_form(writer: NoteWriter) -> None:
    mina = add_customer(writer.app, "Mina Halloran")
    path = f"/customers/{mina}/notes"
    part = writer.client.post(path, {"body": "gate code 12"}, **PART)
    assert "gate code 12" in page_text(part.text)
    assert writer.client.post(path, {"body": "again"}).headers["location"] == f"/customers/{mina}"
    assert writer.client.post(path, {"body": " "}).status_code == 422
    assert len(writer.app.get(f"/customers/{mina}/history")["items"]) == 2
