"""A town for every story."""

from pathlib import Path

import pytest

from tests.e2e.call_centre import RunStory, story_runner


@pytest.fixture
def run_story(database_url: str, tmp_path: Path) -> RunStory:
    """Lets a story happen, on each engine."""
    return story_runner(database_url, tmp_path)
