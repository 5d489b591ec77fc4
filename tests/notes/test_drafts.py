"""A note while it is written: saved as typed, by one hand or several, and never lost (I18)."""

from datetime import timedelta
from typing import Any

import pytest

from callcrm.agents.principal import Principal
from callcrm.base.errors import Forbidden, NotFound, Refused, TooMany
from callcrm.base.words import search_text
from callcrm.models import Note
from callcrm.notes import drafts, notes
from callcrm.notes.drafts import Draft, Edited, Saved
from tests.shop import ANA, Shop, at

ID = "note_" + "0123456789abcdefghjkmnpqr"


class Desk:
    """Mia at her desk, writing one note."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.mia = self.person("mia")
        self.call = shop.call()

    def person(self, name: str) -> Principal:
        """Somebody new of ours."""
        return Principal(user_id=self.shop.agent(name), role="agent", token_id="signin", name=name.title())

    def save(self, body: str, by: Principal | None = None, minute: float = 1, **how: Any) -> Saved:
        """A save of the note, from nothing unless told otherwise."""
        fields: dict[str, Any] = {"client_id": "h1", "edit_seq": 1, "version": 0, "call_id": self.call, **how}
        return self.shop.do(drafts.save, ID, Draft(body=body, **fields), by or self.mia, at(minute))

    @property
    def stored(self) -> Note:
        """What the store has."""
        return self.shop.get(Note, ID)


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """Mia's."""
    return Desk(shop)


def test_the_first_save_makes_the_note_where_its_first_letter_was_typed(desk: Desk) -> None:
    saved = desk.save("Sälam ", minute=2, age=timedelta(seconds=30))
    note = desk.stored
    assert (saved.note and saved.note.version, saved.tell) == (1, desk.call)
    assert (note.body, note.search_text, note.author, note.author_id) == (
        "Sälam ",
        search_text("Sälam "),
        "Mia",
        "mia",
    )
    assert (note.created_at, note.updated_at, note.finished_at) == (at(1.5), at(2), None)


@pytest.mark.parametrize(("age", "begun"), [(-5, 2), (600, 0), (10**7, 0)])
def test_nothing_is_written_before_the_call_or_in_the_future(desk: Desk, age: int, begun: float) -> None:
    desk.save("x", minute=2, age=timedelta(seconds=age))
    assert desk.stored.created_at == at(begun)


def test_a_note_on_a_customer_can_be_a_week_old_at_most(shop: Shop, desk: Desk) -> None:
    ana = shop.customer("Ana", ANA)
    desk.save("x", call_id=None, customer_id=ana, age=timedelta(days=30))
    assert (desk.stored.customer_id, desk.stored.created_at) == (ana, at(1) - timedelta(days=7))


def test_nobody_begins_more_notes_in_a_minute_than_a_person_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "MOST_A_MINUTE", 1)
    desk.save("one")
    other = Draft(body="two", client_id="h1", edit_seq=1, version=0, call_id=desk.call)
    with pytest.raises(TooMany):
        desk.shop.do(drafts.save, ID[:-1] + "s", other, desk.mia, at(1))


def test_each_save_goes_on_from_the_one_before_and_is_not_told_of(desk: Desk) -> None:
    desk.save("a")
    saved = desk.save("ab", version=1, edit_seq=2, minute=3)
    assert (desk.stored.body, desk.stored.search_text, desk.stored.version) == ("ab", "ab", 2)
    assert (saved.tell, desk.stored.created_at, desk.stored.updated_at) == (None, at(1), at(3))


def test_a_save_may_be_repeated(desk: Desk) -> None:
    first = [desk.save("a") for _ in range(3)]
    again = [desk.save("ab", version=1, edit_seq=2) for _ in range(3)]
    assert [saved.note and saved.note.version for saved in first + again] == [1, 1, 1, 2, 2, 2]
    assert [saved.tell for saved in first] == [desk.call, None, None]


def test_two_pages_never_overwrite_each_other(desk: Desk) -> None:
    desk.save("a")
    desk.save("ab", version=1, edit_seq=2)
    with pytest.raises(Edited) as edited:
        desk.save("az", version=1, client_id="h2")
    assert (edited.value.body, edited.value.version) == ("ab", 2)
    assert desk.stored.body == "ab"
    desk.save("ab\naz", version=2, client_id="h2", edit_seq=2)
    assert desk.stored.body == "ab\naz"


def test_two_who_end_with_the_same_text_do_not_clash(desk: Desk) -> None:
    desk.save("a")
    desk.save("ab", version=1, edit_seq=2)
    desk.save("ab", version=1, client_id="h2")
    assert (desk.stored.body, desk.stored.version) == ("ab", 2)


def test_a_page_knows_its_own_save_whose_answer_was_lost(desk: Desk) -> None:
    desk.save("a")
    desk.save("ab", version=1, edit_seq=2)  # and the server dies before it can say so
    desk.save("abc", version=1, edit_seq=3)
    assert (desk.stored.body, desk.stored.version) == ("abc", 3)


def test_an_earlier_save_that_arrives_late_is_passed_over(desk: Desk) -> None:
    desk.save("a")
    desk.save("abc", version=1, edit_seq=3)
    late = desk.save("ab", version=1, edit_seq=2)
    assert (late.superseded, late.note and late.note.body, desk.stored.body) == (True, "abc", "abc")


def test_another_hand_in_between_is_a_clash_for_both(desk: Desk) -> None:
    desk.save("a")
    desk.save("other", version=1, client_id="h2")
    with pytest.raises(Edited):
        desk.save("ab", version=1, edit_seq=2)
    assert desk.stored.body == "other"


def test_an_emptied_draft_vanishes_and_can_come_back(desk: Desk) -> None:
    assert desk.save(" ").note is None
    desk.save("a")
    gone = desk.save(" \n", version=1, edit_seq=2)
    assert (gone.note, gone.tell) == (None, desk.call)
    with pytest.raises(Exception, match="No row"):
        _ = desk.stored
    desk.save("b", edit_seq=3)
    assert (desk.stored.body, desk.stored.version) == ("b", 1)


def test_text_that_goes_on_from_a_note_emptied_elsewhere_is_not_lost(desk: Desk) -> None:
    desk.save("a")
    desk.save("", version=1, edit_seq=2)
    desk.save("ax", version=1, client_id="h2")
    assert desk.stored.body == "ax"


def test_a_finished_note_stays_finished_and_can_be_changed_but_not_emptied(desk: Desk) -> None:
    desk.save("a")
    done = desk.save("ab", version=1, edit_seq=2, minute=3, finish=True)
    desk.save("abc", version=2, edit_seq=3, minute=5)
    assert (done.tell, desk.stored.finished_at, desk.stored.updated_at) == (desk.call, at(3), at(5))
    with pytest.raises(Refused):
        desk.save("", version=3, edit_seq=4)
    assert desk.stored.body == "abc"


def test_finishing_is_told_once(desk: Desk) -> None:
    desk.save("a")
    announced = [desk.save("a", version=1, edit_seq=2, minute=n, finish=True).tell for n in (2, 3)]
    note = desk.shop.do(drafts.finish, ID, desk.mia, at(4))
    assert (announced, note.finished_at) == ([desk.call, None], at(2))


def test_nobody_writes_in_somebody_elses_note(desk: Desk) -> None:
    desk.save("a")
    omar = desk.person("omar")
    program = Principal(user_id=None, role="admin", token_id="t", name="a program")
    for other in (omar, program):
        with pytest.raises(Forbidden):
            desk.save("x", other, version=1, edit_seq=9)
        with pytest.raises(Forbidden):
            desk.shop.do(drafts.finish, ID, other, at(2))
    assert desk.stored.body == "a"


@pytest.mark.parametrize(
    "note_id", ["", "note_", "note_" + "u" * 25, "call_" + "0" * 25, ID + "0", ID + "\n"]
)
def test_a_browser_can_only_make_ids_of_notes(desk: Desk, note_id: str) -> None:
    with pytest.raises(Refused, match="id of a note"):
        desk.shop.do(drafts.save, note_id, Draft(body="a", client_id="h", edit_seq=1), desk.mia, at(1))


def test_a_note_is_about_something_that_exists(desk: Desk) -> None:
    for nothing in ({"call_id": "call_x"}, {"call_id": None}, {"call_id": None, "customer_id": "cus_x"}):
        with pytest.raises(NotFound):
            desk.save("a", **nothing)
    with pytest.raises(NotFound):
        desk.shop.do(drafts.finish, ID, desk.mia, at(1))


def test_a_note_follows_its_calls_customer(shop: Shop, desk: Desk) -> None:
    ana = shop.customer("Ana", "+12025550177")
    desk.save("a")
    shop.assign(desk.call, ana)
    assert desk.stored.customer_id == ana
    desk.save("ab", version=1, edit_seq=2)
    assert desk.stored.customer_id == ana


def test_open_notes_are_listed_latest_first_until_they_are_finished(shop: Shop, desk: Desk) -> None:
    desk.save("a")
    other = ID[:-1] + "z"
    shop.do(
        drafts.save, other, Draft(body="b", client_id="h1", edit_seq=1, call_id=desk.call), desk.mia, at(5)
    )
    open_notes = shop.do(notes.still_open, "mia")
    assert [note.id for note in open_notes] == [other, ID]
    assert shop.do(notes.still_open, "omar") == []
    shop.do(drafts.finish, other, desk.mia, at(6))
    assert [note.id for note in shop.do(notes.still_open, "mia")] == [ID]


def test_a_note_is_pinned_by_somebody_and_unpinned(shop: Shop, desk: Desk) -> None:
    desk.save("a")
    shop.do(notes.pin, ID, by="Omar", now=at(2))
    shop.do(notes.pin, ID, by="Zoe", now=at(3))
    assert (desk.stored.pinned_at, desk.stored.pinned_by) == (at(2), "Omar")
    shop.do(notes.pin, ID, by=None, now=at(4))
    assert (desk.stored.pinned_at, desk.stored.pinned_by) == (None, None)
