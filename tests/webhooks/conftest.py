"""A running house on each engine for the carrier's edge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_app import RunningApp, open_app, settings_for


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    """The house of a small business."""
    with open_app(settings_for(database_url, tmp_path)) as app:
        yield app
