"""Fixtures of the pages' tests: the whole app, called through HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.stock import stock


@pytest.fixture
def app(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, clock: SetClock
) -> Iterator[RunningApp]:
    """A running app on the test's database, whose clock stands until it is moved."""
    background = request.node.get_closest_marker("background") is not None
    with open_app(settings_for(database_url, tmp_path / "data"), clock, background=background) as app:
        yield app


@pytest.fixture
def stocked_app(app: RunningApp, tmp_path: Path) -> RunningApp:
    """The app with half a year of sample data."""
    return stock(app, tmp_path / "clips")
