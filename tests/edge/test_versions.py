"""Entity tags and preconditions, as RFC 9110 has them."""

import pytest

from callcrm.base.objects import VersionedShape
from callcrm.edge.versions import Preconditions, Stale, etag, etag_of


class Thing(VersionedShape):
    """Something that is edited."""


def passes(version: int, if_match: list[str], if_none_match: list[str] | None = None) -> bool:
    """Whether a change of something of this version may be made."""
    preconditions = Preconditions.of(if_match, if_none_match or [])
    try:
        preconditions.check(version, lambda: Thing(version=version))
    except Stale:
        return False
    return True


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        ([], True),
        (['"7"'], True),
        (['"6"'], False),
        (['"6", "7"'], True),
        (['"6"', '"7"'], True),
        (['"6" ,, "5",'], False),
        (["*"], True),
        ([" * "], True),
        (['W/"7"'], False),  # If-Match compares strongly: a weak tag never fits
        (['W/"7", "7"'], True),
        (['"a,b", "7"'], True),
        (['"7,8"'], False),
        ([""], False),
    ],
)
def test_a_change_is_made_where_one_of_the_tags_is_that_of_the_present_version(
    lines: list[str], *, allowed: bool
) -> None:
    assert passes(7, lines) is allowed


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [(["*"], False), (['"7"'], False), (['W/"7"'], False), (['"6"'], True), ([""], True)],
)
def test_if_none_match_forbids_what_is_there_and_compares_weakly(lines: list[str], *, allowed: bool) -> None:
    assert passes(7, [], lines) is allowed


@pytest.mark.parametrize("text", ["7", '"7', '*, "7"', '"7" "8"', 'w/"7"', "'7'", '"7";', '"a"b"', '"\x7f"'])
def test_what_is_no_list_of_tags_is_refused_rather_than_overlooked(text: str) -> None:
    with pytest.raises(ValueError, match="If-Match"):
        Preconditions.of([text], [])


def test_an_object_with_a_version_has_a_tag_and_no_other() -> None:
    assert etag_of(Thing(version=3)) == etag(3) == '"3"'
    assert etag_of(object()) is None
