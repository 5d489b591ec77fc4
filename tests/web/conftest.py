"""Fixtures of the pages' tests: the whole app, called through HTTP."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest

from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import do


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
    folder, now = tmp_path / "clips", app.services.clock.now()
    clips = AudioClips(write_clips(folder, Random(1), (21,), 2), write_clips(folder, Random(1), (9,), 1))
    do(app, partial(seed.fill_store, runtime=app.services.runtime, clips=clips, now=now, seed=1))
    return app
