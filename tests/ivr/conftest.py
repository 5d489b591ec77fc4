"""The shipped flows, a world, and somebody on the line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callcrm.ivr.flows.loader import Flows, load_flows
from callcrm.layout import folder
from tests.ivr.callers import Caller, Town


@pytest.fixture(scope="session")
def flows() -> Flows:
    return load_flows(folder("ivr_flows"))


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def caller(flows: Flows, town: Town) -> Caller:
    return Caller(flows, town)


@pytest.fixture
def flow_file(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a flow into a folder of its own."""

    def write(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write
