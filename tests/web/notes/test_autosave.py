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

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=400)
HARD = (
    "👩‍👩‍👧 🇮🇷 e\u0301 é \u202eabc\u202c \ufeff\ufffe",
    "سلام، می‌خواهم ۱۲۳ تا\r\nبا \tخط دوم\n\n",
    "\x01\x1b\x7f\x85\u2028",
    "=1+1</textarea><script>alert(1)</script>&amp;%00+%2B",
    "👍" * notes.LONGEST,
)


@pytest.fixture
def writer(app: RunningApp) -> NoteWriter:
    """Ana, on a call."""
    return new_writer(app)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_an_acknowledged_note_is_what_was_typed_to_the_byte(writer: NoteWriter, texts: list[str]) -> None:
    writer.note, version = new_id("note", CLOCK.now()), 0
    for edit_seq, text in enumerate(texts, 1):
        answer = writer.save(text.encode(), edit_seq=edit_seq, version=version)
        version = answer.json()["version"]
        stored = writer.stored
        assert answer.status_code == 200
        assert (stored.body.encode() if stored else b"") == (text.encode() if text.strip() else b"")


@pytest.mark.parametrize("text", HARD, ids=["emoji", "persian", "controls", "markup", "longest"])
def test_hard_texts_come_back_to_the_byte_from_page_and_api(writer: NoteWriter, text: str) -> None:
    assert writer.save(text.encode()).json()["version"] == 1
    (told,) = writer.app.get(f"/calls/{writer.call}")["notes"]
    assert told["body"].encode() == text.encode()


def test_one_more_than_the_longest_is_told_so_and_keeps_what_there_was(writer: NoteWriter) -> None:
    writer.save("kept")
    answer = writer.save(("👍" * notes.LONGEST + "!").encode(), version=1, edit_seq=2)
    assert answer.status_code == 413
    assert answer.json()["message"] == "A note can have at most 100,000 characters."
    assert writer.stored is not None
    assert writer.stored.body == "kept"
    assert writer.save("x" * 600_000, version=1, edit_seq=3).status_code == 413


@pytest.mark.parametrize("text", [b"a\0b", b"\xed\xa0\x80", b"\xff"], ids=["nul", "half a pair", "no utf-8"])
def test_what_no_engine_can_keep_is_refused(writer: NoteWriter, text: bytes) -> None:
    answer = writer.save(text)
    assert (answer.status_code, "NUL" in answer.json()["message"], writer.stored) == (422, True, None)


def test_two_editors_get_both_versions_and_lose_neither(writer: NoteWriter) -> None:
    assert writer.save("Sara’s").json()["version"] == 1
    assert writer.save("Sara’s text", version=1, edit_seq=2).json()["version"] == 2
    answer = writer.save("Sara’s other", version=1, client_id="h2")
    told = answer.json()
    assert (answer.status_code, told["body"], told["version"]) == (409, "Sara’s text", 2)
    assert writer.stored is not None
    assert writer.stored.body == "Sara’s text"
    assert writer.save("both", version=told["version"], client_id="h2", edit_seq=2).json()["version"] == 3


def test_a_page_that_missed_an_answer_goes_on(writer: NoteWriter) -> None:
    writer.save("a")
    writer.save("ab", version=1, edit_seq=2)
    assert writer.save("abc", version=1, edit_seq=3).json()["version"] == 3
    passed = writer.save("ab", version=1, edit_seq=2).json()
    assert (passed["body"], passed["version"]) == ("abc", 3)


def test_the_second_it_was_begun_is_told(writer: NoteWriter, clock: SetClock) -> None:
    clock.advance(90)
    assert writer.save("a", age_ms=66_000).json()["offset"] == "0:24"


def test_an_emptied_draft_is_gone(writer: NoteWriter) -> None:
    writer.save("a")
    assert writer.save("  ", version=1, edit_seq=2).json()["version"] == 0
    assert writer.stored is None


@pytest.mark.parametrize(
    "how",
    [{"version": "-1"}, {"edit_seq": "x"}, {"age_ms": "9" * 40}, {"client_id": ""}, {"client_id": "Ü"}],
    ids=str,
)
def test_what_no_page_of_ours_sends_is_refused(writer: NoteWriter, how: dict[str, str]) -> None:
    assert (writer.save("a", **how).status_code, writer.stored) == (422, None)


def test_letters_are_not_announced_but_beginnings_and_ends(writer: NoteWriter) -> None:
    told = []
    for edit_seq, how in enumerate(({}, {}, {}, {"finish": "yes"}), 1):
        writer.save("a" * edit_seq, version=edit_seq - 1, edit_seq=edit_seq, **how)
        events = writer.app.services.store.read_now(
            lambda session: session.exec(select(LiveEvent).where(LiveEvent.kind == "call.updated")).all()
        )
        told.append(len(events))
    assert told == [1, 1, 1, 2]


def test_nobody_else_writes_in_a_note(app: RunningApp, writer: NoteWriter) -> None:
    writer.save("mine")
    other = new_writer(app, "Omar Vance")
    other.note = writer.note
    assert other.save("not mine", version=1, edit_seq=9).status_code == 403
    assert other.visitor.get(f"/notes/{writer.note}/edit").status_code == 403
    assert writer.stored is not None
    assert writer.stored.body == "mine"
