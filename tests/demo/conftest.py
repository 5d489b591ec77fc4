"""One running demo for the tests that only make calls in it."""

from collections.abc import Iterator

import pytest

from tests.demo.town import Town, open_town


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A demo that the tests of one file share."""
    with open_town() as running:
        yield running
