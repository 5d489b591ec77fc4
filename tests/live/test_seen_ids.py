"""What has been seen, when ids come out of order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.live.seen_ids import GAP_TIMEOUT, SeenIds, parse_seen_ids

IDS = st.lists(st.integers(1, 60), max_size=60)


def seen(*ids: int, floor: int = 0) -> SeenIds:
    seen_ids = SeenIds(floor)
    for id_ in ids:
        seen_ids.add(id_)
    return seen_ids


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
    assert seen(*ids).encode() == text


@given(IDS)
def test_exactly_what_was_seen_is_known(ids: list[int]) -> None:
    seen_ids = seen(*ids)
    assert [id_ for id_ in range(1, 62) if id_ in seen_ids] == sorted(set(ids))


@given(IDS)
def test_seeing_twice_is_noticed(ids: list[int]) -> None:
    seen_ids = SeenIds()
    assert [seen_ids.add(id_) for id_ in ids] == [id_ not in ids[:index] for index, id_ in enumerate(ids)]


@given(IDS)
def test_a_word_given_back_means_the_same(ids: list[int]) -> None:
    seen_ids = seen(*ids)
    again = parse_seen_ids(seen_ids.encode())
    assert again is not None
    assert (again.encode(), again.top) == (seen_ids.encode(), seen_ids.top)


@given(IDS)
def test_what_is_missing_is_what_was_not_seen(ids: list[int]) -> None:
    seen_ids = seen(*ids)
    gaps = [id_ for low, high in seen_ids.gaps() for id_ in range(low, high + 1)]
    assert gaps == [id_ for id_ in range(1, seen_ids.top) if id_ not in ids]


@given(IDS, st.integers(0, 60))
def test_lifting_takes_all_below_as_seen(ids: list[int], floor: int) -> None:
    seen_ids = seen(*ids)
    seen_ids.raise_floor(floor)
    assert [id_ for id_ in range(1, 62) if id_ in seen_ids] == sorted({*ids, *range(1, floor + 1)})


@given(IDS, IDS, st.integers(0, 30), st.integers(0, 30))
def test_what_either_has_seen_is_in_both_together(
    ids: list[int], others: list[int], floor: int, other_floor: int
) -> None:
    first, other = seen(*ids, floor=floor), seen(*others, floor=other_floor)
    before = first.encode(), other.encode()
    ids_of_both = {*ids, *others, *range(1, max(floor, other_floor) + 1)}
    assert (first | other).encode() == seen(*sorted(ids_of_both)).encode()
    assert (first.encode(), other.encode()) == before


def test_an_id_that_never_comes_is_given_up_in_time() -> None:
    seen_ids = SeenIds()
    seen_ids.add(2, now=0)
    seen_ids.add(4, now=GAP_TIMEOUT / 2)
    seen_ids.close_old_gaps(GAP_TIMEOUT + 1)
    assert seen_ids.encode() == "2.4"


def test_an_id_that_may_still_come_is_waited_for() -> None:
    seen_ids = SeenIds()
    seen_ids.add(2, now=0)
    seen_ids.close_old_gaps(GAP_TIMEOUT - 1)
    assert 1 not in seen_ids


@pytest.mark.parametrize(
    "word", ["", "x", "-1", "1.", ".1", "5.3", "1.2", "1.5-4", "1;2", "٣", "9" * 19, "1" + ".9" * 41]
)
def test_what_we_never_handed_out_is_not_understood(word: str) -> None:
    assert parse_seen_ids(word) is None


def test_a_word_stays_short_however_much_is_missing() -> None:
    assert len(seen(*range(2, 2000, 2)).encode()) < 400
