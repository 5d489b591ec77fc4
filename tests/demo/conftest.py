"""One running demo for the tests that only make calls in it."""

from collections.abc import Iterator

import pytest

from tests.demo.town import Town, open_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A demo that the tests of one file share."""
    with open_town(tmp_path_factory.mktemp("demo")) as running:
        yield running
