"""Every error of ours has one HTTP status, the same for API and pages."""

from collections.abc import Iterator

import pytest

from callcrm.api.http import problems
from callcrm.base import errors
from callcrm.base.errors import CallcrmError
from callcrm.edge.status import STATUS, status_of
from callcrm.store.errors import StoreDown, StoreLate


def _kinds(kind: type[CallcrmError]) -> Iterator[type[CallcrmError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _kinds(subclass)


def test_every_error_that_verbs_raise_is_in_the_table() -> None:
    family = {kind for kind in _kinds(CallcrmError) if kind.__module__ == errors.__name__}
    assert {kind for kind, _ in STATUS} == family


def test_no_kind_hides_behind_a_more_general_one() -> None:
    kinds = [kind for kind, _ in STATUS]
    assert [
        (earlier, later)
        for index, later in enumerate(kinds)
        for earlier in kinds[:index]
        if issubclass(later, earlier)
    ] == []


@pytest.mark.parametrize(("error", "status"), [(StoreDown("down"), 503), (StoreLate("late"), 503)])
def test_an_error_of_a_part_has_its_familys_status(error: CallcrmError, status: int) -> None:
    assert status_of(error) == status


def test_an_error_without_a_meaning_is_ours() -> None:
    assert status_of(CallcrmError("?")) == 500


@pytest.mark.parametrize(("kind", "status"), STATUS)
def test_the_api_answers_with_the_same_status(kind: type[CallcrmError], status: int) -> None:
    fault = errors.RefusedByRule("no", code="not-now") if kind is errors.RefusedByRule else kind("no")
    assert problems.problem_of(fault).status == status
