"""Notes are kept byte for byte (I18)."""

import pytest

from callcrm.agents import users
from callcrm.base.errors import NotFound, Refused, TooLarge, TooMany
from callcrm.base.words import search_text
from callcrm.models import Note
from callcrm.notes import notes
from tests.shop import ANA, Shop, at

BODIES = [
    "plain",
    " \tspaces and lines\r\nkept\n ",
    "👩‍👩‍👧 🇮🇷 e\u0301 é",
    "سلام، می‌خواهم ۱۲۳ تا",
    "שלום \u202eabc\u202c",
    "\x0b\x1b\x7f\ufffe",
    "x" * notes.LONGEST,
    "👍" * notes.LONGEST,
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body)[:20])
def test_a_note_is_kept_to_the_byte(shop: Shop, body: str) -> None:
    note = shop.get(Note, shop.note(shop.call(), body))
    assert (note.body.encode(), note.search_text) == (body.encode(), search_text(body))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [("", Refused), (" \n", Refused), ("a\0b", Refused), ("\ud800", Refused), ("x" * 100_001, TooLarge)],
    ids=["empty", "blank", "nul", "half a pair", "too long"],
)
def test_what_cannot_be_kept_is_refused_by_name(shop: Shop, body: str, refusal: type[Refused]) -> None:
    with pytest.raises(refusal) as refused:
        shop.note(shop.call(), body)
    assert (type(refused.value), refused.value.field) == (refusal, "body")


def test_a_note_carries_who_wrote_it_and_when(shop: Shop) -> None:
    call, mia = shop.call(), shop.agent("mia")
    note = shop.do(notes.add_note, call, author="Mia", author_id=mia, body="hello", now=at(3))
    assert (note.call_id, note.author, note.author_id, note.created_at) == (call, "Mia", mia, at(3))


def test_a_note_on_a_customer_is_on_no_call(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA)
    note = shop.do(notes.add_customer_note, ana, author="Mia", author_id=None, body="hello", now=at(0))
    assert (note.call_id, note.customer_id) == (None, ana)


def test_there_is_no_note_on_a_call_that_does_not_exist(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.note("nothing")


def test_there_is_no_note_on_a_customer_who_does_not_exist(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.do(notes.add_customer_note, "nobody", author="Mia", author_id=None, body="hello", now=at(0))


def test_nobody_writes_more_notes_in_a_minute_than_a_person_can(shop: Shop) -> None:
    call = shop.call()
    mia = shop.do(
        lambda session: users.add_user(session, "mia@example.com", "agent", "Mia", None, None, at(0))
    ).id

    def write(author_id: str | None, minute: float) -> Note:
        return shop.do(
            notes.add_note, call, author="Mia", author_id=author_id, body="one more", now=at(minute)
        )

    for _ in range(notes.MOST_A_MINUTE):
        write(mia, 0)
    with pytest.raises(TooMany):
        write(mia, 0.5)
    assert write(None, 0.5).body == "one more"  # a program's
    assert write(mia, 1.1).body == "one more"
