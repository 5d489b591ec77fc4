"""Notes saved as they are typed, over HTTP: what is acknowledged is what was typed (I18)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from callcrm.base.ids import new_id
from callcrm.models import LiveEvent
from callcrm.notes import notes
from tests.clocks import CLOCK, SetClock
from tests.running_app import RunningApp
from tests.web.support.note_writer import NoteWriter, new_writer

pytestmark = pytest.mark.one_engine

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=400)
HARD_TEXTS = (
    "👩‍👩‍👧 🇮🇷 e\u0301 é \u202eabc\u202c \ufeff\ufffe",
    "سلام، می‌خواهم ۱۲۳ تا\r\nبا \tخط دوم\n\n",
    "\x01\x1b\x7f\x85\u2028",
    "=1+1</textarea><script>alert(1)</script>&amp;%00+%2B",
    "👍" * notes.LONGEST,
)


@pytest.fixture
def writer(app: RunningApp) -> NoteWriter:
    """Ana, who speaks on a call."""
    return new_writer(app)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_an_acknowledged_note_is_what_was_typed_to_the_byte(writer: NoteWriter, texts: list[str]) -> None:
    writer.note, version = new_id("note", CLOCK.now()), 0
    for edit_seq, text in enumerate(texts, 1):
        response = writer.save(text.encode(), edit_seq=edit_seq, version=version)
        version = response.json()["version"]
        stored = writer.stored
        assert response.status_code == 200
        assert (stored.body.encode() if stored else b"") == (text.encode() if text.strip() else b"")


@pytest.mark.parametrize("text", HARD_TEXTS, ids=["emoji", "persian", "controls", "markup", "longest"])
def test_unusual_texts_come_back_to_the_byte(writer: NoteWriter, text: str) -> None:
    assert writer.save(text.encode()).json()["version"] == 1
    (stored,) = writer.app.get(f"/calls/{writer.call}")["notes"]
    assert stored["body"].encode() == text.encode()


def test_a_note_too_long_is_413_and_changes_nothing(writer: NoteWriter) -> None:
    writer.save("kept")
    response = writer.save(("👍" * notes.LONGEST + "!").encode(), version=1, edit_seq=2)
    assert response.status_code == 413
    assert response.json()["message"] == "A note can have at most 100,000 characters."
    assert writer.stored is not None
    assert writer.stored.body == "kept"
    assert writer.save("x" * 600_000, version=1, edit_seq=3).status_code == 413


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"a\0b", "ab"),
        (b"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"),
        (b"Ren\xe9\r\n \x0b", "Ren\ufffd\r\n \x0b"),
    ],
    ids=["nul", "half a pair", "no utf-8"],
)
def test_letters_no_engine_can_store_refuse_no_note(writer: NoteWriter, text: bytes, kept: str) -> None:
    assert writer.save(text).status_code == 200
    assert writer.stored is not None
    assert writer.stored.body == kept
    assert writer.save(text + b"!", version=1, edit_seq=2).json()["version"] == 2


@pytest.mark.parametrize("name", ["edit_seq", "version", "age_ms"])
@pytest.mark.parametrize("number", ["9" * 5000, "0" * 12 + "9" * 20, "-1", "%D9%A3", "2147483648", "x"])
def test_what_is_no_count_is_refused(writer: NoteWriter, name: str, number: str) -> None:
    assert writer.save("text", **{name: number}).status_code == 422


def test_a_conflicting_save_gets_both_versions_and_loses_neither(writer: NoteWriter) -> None:
    assert writer.save("Sara’s").json()["version"] == 1
    assert writer.save("Sara’s text", version=1, edit_seq=2).json()["version"] == 2
    response = writer.save("Sara’s other", version=1, client_id="h2")
    stored = response.json()
    assert (response.status_code, stored["body"], stored["version"]) == (409, "Sara’s text", 2)
    assert writer.stored is not None
    assert writer.stored.body == "Sara’s text"
    assert writer.save("both", version=stored["version"], client_id="h2", edit_seq=2).json()["version"] == 3


def test_a_page_that_missed_a_response_can_go_on_saving(writer: NoteWriter) -> None:
    writer.save("a")
    writer.save("ab", version=1, edit_seq=2)
    assert writer.save("abc", version=1, edit_seq=3).json()["version"] == 3
    superseded = writer.save("ab", version=1, edit_seq=2).json()
    assert (superseded["body"], superseded["version"]) == ("abc", 3)


def test_a_save_answers_with_the_second_the_note_was_begun(writer: NoteWriter, clock: SetClock) -> None:
    clock.advance(90)
    assert writer.save("a", age_ms=66_000).json()["offset"] == "0:24"


def test_an_emptied_draft_is_deleted(writer: NoteWriter) -> None:
    writer.save("a")
    assert writer.save("  ", version=1, edit_seq=2).json()["version"] == 0
    assert writer.stored is None


@pytest.mark.parametrize(
    "fields",
    [{"version": "-1"}, {"edit_seq": "x"}, {"age_ms": "9" * 40}, {"client_id": ""}, {"client_id": "Ü"}],
    ids=str,
)
def test_malformed_query_parameters_are_refused(writer: NoteWriter, fields: dict[str, str]) -> None:
    assert (writer.save("a", **fields).status_code, writer.stored) == (422, None)


def test_only_a_notes_beginning_and_end_are_announced(writer: NoteWriter) -> None:
    counts = []
    for edit_seq, fields in enumerate(({}, {}, {}, {"finish": "yes"}), 1):
        writer.save("a" * edit_seq, version=edit_seq - 1, edit_seq=edit_seq, **fields)
        events = writer.app.services.store.read_now(
            lambda session: session.exec(select(LiveEvent).where(LiveEvent.kind == "call.updated")).all()
        )
        counts.append(len(events))
    assert counts == [1, 1, 1, 2]


def test_nobody_else_writes_in_a_note(app: RunningApp, writer: NoteWriter) -> None:
    writer.save("mine")
    other = new_writer(app, "Omar Vance")
    other.note = writer.note
    assert other.save("not mine", version=1, edit_seq=9).status_code == 403
    assert other.client.get(f"/notes/{writer.note}/edit").status_code == 403
    assert writer.stored is not None
    assert writer.stored.body == "mine"
