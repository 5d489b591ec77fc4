"""What has been seen, when ids come out of order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.live.seen_ids import PATIENCE, SeenIds, parse

IDS = st.lists(st.integers(1, 60), max_size=60)


def seen(*ids: int, floor: int = 0) -> SeenIds:
    marks = SeenIds(floor)
    for one in ids:
        marks.see(one)
    return marks


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ((), "0"),
        ((1, 2, 3), "3"),
        ((1, 3), "1.3"),
        ((1, 3, 4, 7), "1.3-4.7"),
        ((1, 3, 2), "3"),
        ((3, 2, 1), "3"),
        ((2, 4, 3), "0.2-4"),
        ((5, 9, 7, 8, 6), "0.5-9"),
    ],
)
def test_what_was_seen_is_told_in_a_word(ids: tuple[int, ...], text: str) -> None:
    assert seen(*ids).text() == text


@given(IDS)
def test_exactly_what_was_seen_is_known(ids: list[int]) -> None:
    marks = seen(*ids)
    assert [one for one in range(1, 62) if one in marks] == sorted(set(ids))


@given(IDS)
def test_seeing_twice_is_noticed(ids: list[int]) -> None:
    marks = SeenIds()
    assert [marks.see(one) for one in ids] == [one not in ids[:place] for place, one in enumerate(ids)]


@given(IDS)
def test_a_word_given_back_means_the_same(ids: list[int]) -> None:
    marks = seen(*ids)
    again = parse(marks.text())
    assert again is not None
    assert (again.text(), again.top) == (marks.text(), marks.top)


@given(IDS)
def test_what_is_missing_is_what_was_not_seen(ids: list[int]) -> None:
    marks = seen(*ids)
    gaps = [one for low, high in marks.missing() for one in range(low, high + 1)]
    assert gaps == [one for one in range(1, marks.top) if one not in ids]


@given(IDS, st.integers(0, 60))
def test_lifting_takes_all_below_as_seen(ids: list[int], floor: int) -> None:
    marks = seen(*ids)
    marks.lift(floor)
    assert [one for one in range(1, 62) if one in marks] == sorted({*ids, *range(1, floor + 1)})


def test_an_id_that_never_comes_is_given_up_in_time() -> None:
    marks = SeenIds()
    marks.see(2, now=0)
    marks.see(4, now=PATIENCE / 2)
    marks.settle(PATIENCE + 1)
    assert marks.text() == "2.4"


def test_an_id_that_may_still_come_is_waited_for() -> None:
    marks = SeenIds()
    marks.see(2, now=0)
    marks.settle(PATIENCE - 1)
    assert 1 not in marks


@pytest.mark.parametrize(
    "word", ["", "x", "-1", "1.", ".1", "5.3", "1.2", "1.5-4", "1;2", "٣", "9" * 19, "1" + ".9" * 41]
)
def test_what_we_never_handed_out_is_not_understood(word: str) -> None:
    assert parse(word) is None


def test_a_word_stays_short_however_much_is_missing() -> None:
    assert len(seen(*range(2, 2000, 2)).text()) < 400
