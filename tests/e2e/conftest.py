"""The fixture that runs a story in a call centre of its own."""

from pathlib import Path

import pytest

from tests.e2e.call_centre import RunStory, story_runner


@pytest.fixture
def run_story(database_url: str, tmp_path: Path) -> RunStory:
    """Runs a story in a new call centre, on each engine."""
    return story_runner(database_url, tmp_path)
