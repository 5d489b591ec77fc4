"""A small business whose customers speak of its products."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.crm.feedback.voices import Voices
from tests.running_app import RunningApp, open_app, settings_for


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def voices(app: RunningApp, clock: SetClock) -> Voices:
    """What customers say, taken down by a program."""
    return Voices(app, clock)
