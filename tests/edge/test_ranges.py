"""The Range header: one range of bytes is served, whatever else is asked for stands for the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.edge.ranges import MAX_PARTS, Unsatisfiable, parse_range

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, SIZE)),
        ("bytes=-1", (999, SIZE)),
        ("bytes=-5000", (0, SIZE)),
        ("bytes=990-5000", (990, SIZE)),
        ("Bytes= 1-2 ", (1, 3)),
    ],
)
def test_one_range_is_start_and_end(header: str, expected: tuple[int, int]) -> None:
    assert parse_range(header, SIZE) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "items=0-1",
        "bytes=0-1,5-6",
        "bytes=٠-٩",
    ],
)
def test_what_is_no_single_range_stands_for_the_whole(header: str | None) -> None:
    assert parse_range(header, SIZE) is None


@pytest.mark.parametrize(
    "header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=" + "0-1," * MAX_PARTS]
)
def test_a_range_beyond_the_end_and_absurdly_many_are_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable) as refusal:
        parse_range(header, SIZE)
    assert refusal.value.size == SIZE


@given(size=st.integers(1, 50), first=st.integers(0, 60), length=st.integers(1, 60))
def test_a_range_has_the_bytes_asked_for_as_far_as_there_are_any(size: int, first: int, length: int) -> None:
    content = bytes(range(size))
    header = f"bytes={first}-{first + length - 1}"
    if first >= size:
        with pytest.raises(Unsatisfiable):
            parse_range(header, size)
        return
    byte_range = parse_range(header, size)
    assert byte_range is not None
    start, end = byte_range
    assert content[start:end] == content[first : first + length]


@given(size=st.integers(1, 50), last=st.integers(1, 60))
def test_a_suffix_range_has_the_last_bytes(size: int, last: int) -> None:
    content = bytes(range(size))
    byte_range = parse_range(f"bytes=-{last}", size)
    assert byte_range is not None
    assert content[slice(*byte_range)] == content[-last:]
