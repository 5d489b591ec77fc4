"""Text at the edge and in the search column."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.base.text import (
    DECOMPOSED,
    MAX_GROWTH,
    MAX_RUN,
    bidi_isolate,
    bound_marks,
    clean,
    fold_text,
    has_nul,
    is_storable,
    one_line,
    repair,
    storable,
)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "plain",
        "two\nlines\tand a tab",
        "آزمایش ۱۲۳",
        "👩‍👩‍👧 hello",
        "שלום\u200f",
        "می\u200cخواهم",
        "\U0001fffd",
    ],
)
def test_ordinary_text_stays_as_it_is(kept: str) -> None:
    assert clean(kept) == kept


@pytest.mark.parametrize(
    "code", [0x0, 0x1, 0x8, 0xB, 0xC, 0xE, 0x1B, 0x1F, 0x7F, 0x90, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF]
)
def test_what_xml_forbids_is_dropped(code: int) -> None:
    assert clean(f"a{chr(code)}b") == "ab"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028", "\x85"])
def test_every_kind_of_line_end_is_one(end: str) -> None:
    assert clean(f"a{end}b") == "a\nb"


def test_accents_are_composed() -> None:
    assert clean("Ame\u0301lie") == "Am\u00e9lie"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_cleaned_text_holds_nothing_that_breaks_xml(text: str) -> None:
    assert all(letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs") for letter in clean(text))


def test_a_nul_is_noticed() -> None:
    assert (has_nul("a\0b"), has_nul("ab")) == (True, False)


@pytest.mark.parametrize(("text", "storable"), [("", True), ("é👍", True), ("a\0", False), ("\ud800", False)])
def test_what_an_engine_cannot_keep_is_noticed(text: str, storable: bool) -> None:
    assert is_storable(text) is storable


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("علي", "علی"),
        ("كتاب", "کتاب"),
        ("مى", "می"),
        ("خانهٔ", "خانه"),
        ("خانۀ", "خانه"),
        ("فاطمة", "فاطمه"),
        ("می‌خواهم", "می خواهم"),
        ("مُحَمَّد", "محمد"),
        ("ســـلام", "سلام"),
        ("آرش", "ارش"),
        ("۰۹۱۲۳۴۵۶۷۸۹", "09123456789"),
        ("٠١٢٣٤٥٦٧٨٩", "0123456789"),
        ("Amélie", "AMELIE"),
        ("STRASSE", "straße"),
        ("ＦＵＬＬ width", "full width"),
        ("  many \t spaces\n", "many spaces"),
        ("İstanbul", "istanbul"),
        ("a\u200bb\u202ec", "abc"),
    ],
)
def test_two_ways_of_writing_are_found_by_each_other(written: str, searched: str) -> None:
    assert fold_text(written) == fold_text(searched)


@pytest.mark.parametrize(("text", "other"), [("Ana", "Anna"), ("12", "21"), ("دار", "در")])
def test_different_words_stay_different(text: str, other: str) -> None:
    assert fold_text(text) != fold_text(other)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)


@given(st.text())
def test_folded_text_can_be_stored_by_both_engines(text: str) -> None:
    assert is_storable(fold_text(text))


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Leila", "Leila"),
        ("  Leila \n Rahimi ", "Leila Rahimi"),
        ("a\u202eb", "a\u202eb\u202c"),
        ("a\u2069\u202eb", "a\u202eb\u202c"),
        ("a\u2067b\u202ec\u2069d", "a\u2067b\u202ecd\u202c\u2069"),
        ("a\u202bb\u202cc", "a\u202bb\u202cc"),
        ("\u202c\u2069", ""),
        ("\u05e9\u200f!", "\u05e9\u200f!"),  # a mark turns nothing behind it
    ],
)
def test_a_name_turns_the_direction_of_nothing_but_itself(raw: str, kept: str) -> None:
    assert one_line(raw) == kept
    assert one_line(kept) == kept
    assert bidi_isolate(raw) in ("", f"\u2068{bidi_isolate(raw)[1:-1]}\u2069")
    assert bidi_isolate(raw)[1:-1].count("\u2069") == bidi_isolate(raw)[1:-1].count("\u2067")


def longest_run(text: str) -> int:
    """The most marks in a row of the text decomposed, which is what normalising takes the square of."""
    longest = run = 0
    for letter in unicodedata.normalize("NFKD", text):
        run = run + 1 if unicodedata.combining(letter) else 0
        longest = max(longest, run)
    return longest


MARKS = st.sampled_from(
    [*DECOMPOSED, "\u0301", "\u0315", "\u064b", "\u3099", "a", "\u1ead", "\u1faf", "\u0958"]
)


@given(st.text(MARKS, max_size=300))
def test_marks_are_bounded_however_they_are_written(text: str) -> None:
    assert longest_run(bound_marks(text)) <= MAX_RUN
    assert longest_run(clean(text)) <= MAX_RUN
    assert bound_marks(bound_marks(text)) == bound_marks(text)


def test_every_letter_that_becomes_a_mark_is_counted() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1)]
    hidden = [letter for letter in letters if unicodedata.combining(unicodedata.normalize("NFKD", letter)[0])]
    odd = [letter for letter in hidden if longest_run(letter) > 1 or not unicodedata.combining(letter)]
    assert {letter: longest_run(letter) for letter in odd} == DECOMPOSED


@pytest.mark.parametrize("text", ["مُحَمَّدٌ", "a" + "\u0301" * 30, "Z\u0335\u0321a\u0336lgo", "นี้", "தமிழ்"])
def test_marks_that_people_write_stay(text: str) -> None:
    assert bound_marks(text) == text


def test_marks_beyond_thirty_are_dropped_wherever_they_stand() -> None:
    marks = "\u0315" * 40 + "\u0300" * 40
    assert bound_marks(f"a{marks}b{marks}") == f"a{marks[:30]}b{marks[:30]}"
    assert bound_marks(marks) == marks[:30]


def test_a_ligature_is_searched_by_its_words_but_swells_no_text() -> None:
    assert fold_text("\ufdfa") == fold_text("صلى الله عليه وسلم")
    assert len(fold_text("\ufdfa" * 100_000)) <= 100_000 * (MAX_GROWTH + 3)


@given(st.text())
def test_what_is_made_storable_changes_in_nothing_else(text: str) -> None:
    assert is_storable(storable(text))
    if is_storable(text):
        assert storable(text) == repair(text) == text
    assert storable("a\0\udcffb") == "a\ufffdb"
