"""Two texts of an answer compared: nothing is lost, and no text makes it take long."""

import random

import pytest

from callcrm.crm.answers.versions import Piece, compare


def test_an_edit_is_shown_word_by_word() -> None:
    assert compare("We open at nine.", "We open at ten.") == [
        Piece("same", "We open at "),
        Piece("old", "nine."),
        Piece("new", "ten."),
    ]


def test_both_texts_are_in_it() -> None:
    choose = random.Random(5)
    for _ in range(500):
        before, after = ("".join(choose.choices("ab \n", k=choose.randint(0, 30))) for _ in range(2))
        pieces = compare(before, after)
        assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
        assert "".join(piece.text for piece in pieces if piece.kind != "old") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [("a b " * 2500, "b a a " * 1700), ("a " * 2000, "b " * 2000), ("a\nb\n" * 2500, "b\na\na\n" * 1600)],
)
def test_of_a_text_that_was_made_for_it_the_whole_is_compared(before: str, after: str) -> None:
    # Word by word each of these takes minutes.
    assert [piece.kind for piece in compare(before, after) if piece.kind != "same"] == ["old", "new"]
