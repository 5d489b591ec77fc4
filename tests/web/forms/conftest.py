"""A small business with public forms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.forms.visitor import Outsider


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def outsider(app: RunningApp) -> Outsider:
    """Somebody from outside."""
    return Outsider(app)
