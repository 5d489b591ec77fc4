"""Routes that are found by their files: two for one method and path would hide one another's rules."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def unique(items: Iterable[Item], address: Callable[[Item], str]) -> Iterator[Item]:
    """The items; ValueError for a second one with the same address, so that no app starts with it."""
    addresses: set[str] = set()
    for item in items:
        if (declared := address(item)) in addresses:
            raise ValueError(f"{declared} is declared twice")
        addresses.add(declared)
        yield item
