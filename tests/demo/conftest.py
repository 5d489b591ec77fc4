"""One running demo for the tests that only make calls in it."""

from collections.abc import Iterator

import pytest

from tests.demo.demo_process import DemoProcess, start_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """A demo that the tests of one file share."""
    with start_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
