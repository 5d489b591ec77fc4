"""The shipped flows, a context to play them in, and a caller."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callcrm.ivr.flows.loader import Flows, load_flows
from callcrm.paths import folder
from tests.ivr.callers import Caller, FakeContext


@pytest.fixture(scope="session")
def flows() -> Flows:
    return load_flows(folder("ivr_flows"))


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.fixture
def caller(flows: Flows, context: FakeContext) -> Caller:
    return Caller(flows, context)


@pytest.fixture
def flow_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a flow into a folder of its own."""

    def write(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
