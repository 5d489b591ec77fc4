"""Fixtures for the demo: a running one, and the sample data all of them share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demo_process import Demo
from tests.demo.demo_thread import demo_in_thread


@pytest.fixture(scope="session")
def sample_data(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sample data that every demo begins with, shared by all processes of the run."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if hasattr(pytestconfig, "workerinput") else folder) / "demo-sample-data"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Iterator[Demo]:
    """A demo that the tests of one file share."""
    with demo_in_thread(tmp_path_factory.mktemp("demo"), sample_data) as running:
        yield running
