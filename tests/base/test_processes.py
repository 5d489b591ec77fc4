"""Work in another process: what it yields and raises, and that nothing of it is left."""

import multiprocessing
import os
import signal
from collections.abc import Iterator

import pytest

from callcrm.base.errors import Refused
from callcrm.base.processes import iterate_aside


def count_to(last: int) -> Iterator[tuple[int, int]]:
    for number in range(last):
        yield number, os.getpid()


def break_off(*_: object) -> Iterator[int]:
    yield 1
    raise Refused("no more")


def be_killed(*_: object) -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_everything_comes_in_order_from_another_process() -> None:
    numbers, processes = zip(*iterate_aside(count_to, 5), strict=True)
    assert numbers == (0, 1, 2, 3, 4)
    assert len({*processes, os.getpid()}) == 2


@pytest.mark.parametrize(("function", "error"), [(break_off, Refused), (be_killed, EOFError)])
def test_what_ends_the_other_process_is_raised_after_what_came_before(
    function: type, error: type[Exception]
) -> None:
    items = iterate_aside(function, 1)
    assert next(items) == 1
    with pytest.raises(error):
        next(items)


def test_who_stops_iterating_leaves_no_process_behind() -> None:
    items = iterate_aside(count_to, 10_000_000)
    next(items)
    assert multiprocessing.active_children()
    items.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
