"""The demo in the test's own process, its half year of calls made once a run and copied."""

import fcntl
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

from structlog.testing import capture_logs

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.cli.demo import MAX_MESSAGE_BYTES
from callcrm.config import Settings
from callcrm.demo.app import CreateStore, create_store
from callcrm.demo.pages import routes
from callcrm.demo.server import demo_app
from callcrm.demo.settings import local_zone
from callcrm.ivr.flows.loader import Flows, load_flows
from callcrm.paths import folder
from callcrm.simulator.clock import Clock as CarrierClock
from callcrm.simulator.clock import Waiter
from tests.demo.demo_process import Demo
from tests.running import free_port
from tests.server_thread import serve

MESSAGE = "sample-message.wav"


def copy_sample_data(sample_data: Path) -> CreateStore:
    """Fills a demo's store with a copy of this folder, which the first process fills."""

    def copy(settings: Settings, flows: Flows, clock: Clock, threads: Threads) -> bytes:
        data, message = sample_data / "data", sample_data / MESSAGE
        sample_data.mkdir(parents=True, exist_ok=True)
        with (sample_data / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if message.exists():
                shutil.copytree(data, settings.data_dir, dirs_exist_ok=True)
            else:
                message_wav = create_store(settings, flows, clock, threads)
                shutil.copytree(settings.data_dir, data, dirs_exist_ok=True)
                message.write_bytes(message_wav)
        return message.read_bytes()

    return copy


@cache
def _flows() -> Flows:
    return load_flows(folder("ivr_flows"), ZoneInfo(local_zone()))


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class HastyClock(CarrierClock):
    """A carrier that talks and waits three times as fast, for tests where nobody looks on."""

    SPEED = 3

    def monotonic(self) -> float:
        """Its own seconds."""
        return super().monotonic() * self.SPEED

    def _schedule(self, waiter: Waiter, seconds: float | None) -> None:
        super()._schedule(waiter, None if seconds is None else seconds / self.SPEED)


@contextmanager
def demo_in_thread(
    temporary: Path, sample_data: Path, carrier_clock: type[CarrierClock] = CarrierClock, url: str = ""
) -> Iterator[Demo]:
    """A demo in this process for the block, its data below `temporary`; it must not log an error.

    `url` is its public URL, unless it is that of its port.
    """
    port, errors = free_port(), _Errors()
    app = demo_app(url or f"http://127.0.0.1:{port}", _flows(), routes, copy_sample_data(sample_data))
    logging.getLogger().addHandler(errors)
    try:
        with (
            capture_logs() as logs,
            patch.object(tempfile, "tempdir", str(temporary)),
            patch("callcrm.demo.app.CarrierClock", carrier_clock),
            serve(app, port, ws="websockets-sansio", ws_max_size=MAX_MESSAGE_BYTES),
        ):
            yield Demo(port)
    finally:
        logging.getLogger().removeHandler(errors)
    # a store that is late on a busy machine logs a warning, which is no error
    assert errors.messages + [line for line in logs if line["log_level"] in ("error", "critical")] == []
