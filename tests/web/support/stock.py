"""Half a year of sample data in a running app."""

from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from tests.running_app import RunningApp
from tests.server_thread import ThreadedServer

App = TypeVar("App", RunningApp, ThreadedServer)


def stock(app: App, folder: Path) -> App:
    """The app with half a year of sample data, its recordings written to `folder`."""
    services, now = app.services, app.services.clock.now()
    clips = AudioClips(write_clips(folder, Random(1), (21,), 2), write_clips(folder, Random(1), (9,), 1))
    services.store.write_now(
        partial(seed.fill_store, runtime=services.runtime, clips=clips, now=now, seed=1), deadline=60
    )
    return app
