"""Running demos, and what they begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demo_process import Demo
from tests.demo.near_demo import near_demo


@pytest.fixture(scope="session")
def stock(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the half year that every demo begins with is kept, for all processes of the run."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if hasattr(pytestconfig, "workerinput") else own) / "demo-stock"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, stock: Path) -> Iterator[Demo]:
    """A demo that the tests of one file share."""
    with near_demo(tmp_path_factory.mktemp("demo"), stock) as running:
        yield running
