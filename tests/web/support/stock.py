"""Half a year of sample data in a running app."""

from functools import partial
from pathlib import Path
from random import Random

from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from tests.running_app import RunningApp
from tests.web.support.page_client import do


def stock(app: RunningApp, folder: Path) -> RunningApp:
    """The app with half a year of sample data, its recordings written to `folder`."""
    now = app.services.clock.now()
    clips = AudioClips(write_clips(folder, Random(1), (21,), 2), write_clips(folder, Random(1), (9,), 1))
    do(app, partial(seed.fill_store, runtime=app.services.runtime, clips=clips, now=now, seed=1))
    return app
