"""Fixtures of the pages' tests: the whole house, behind its real edges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for


@pytest.fixture
def app(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: SetClock
) -> Iterator[RunningApp]:
    """A running house on the test's database, whose clock stands until it is moved."""
    background = request.node.get_closest_marker("background") is not None
    with open_app(settings_for(database_url, tmp_path / "data"), clock, background=background) as app:
        yield app
