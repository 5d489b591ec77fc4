"""The app over HTTP, served by a thread of the test's process: it starts at once, all being imported."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.types import ASGIApp

from callcrm.app import build
from callcrm.config import load_settings
from callcrm.edge.server.protocol import BoundedProtocol
from callcrm.services import Services
from tests.clocks import CLOCK, SteadyClock
from tests.databases import make_sqlite
from tests.running import Server, small_flow
from tests.running_app import proven_flows


class ServingThread(threading.Thread):
    """uvicorn on a port of this machine."""

    def __init__(self, app: ASGIApp, port: int, **options: Any) -> None:
        super().__init__(name="server-thread", daemon=True)
        self._ready = threading.Event()
        BoundedProtocol.clock = CLOCK
        config = uvicorn.Config(
            app,
            port=port,
            http=BoundedProtocol,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            **{"ws": "none", "lifespan": "on", **options},
        )
        self.server = _Server(config, self._ready)

    def run(self) -> None:
        """Serves until it is stopped."""
        try:
            self.server.run()
        finally:
            self._ready.set()

    def begin(self) -> None:
        """Starts, and returns once it answers."""
        self.start()
        assert self._ready.wait(30)
        assert self.server.started, "the app did not start"

    def call(self, function: Callable[[], object]) -> None:
        """Has this function called on the server's event loop."""
        assert self.server.loop is not None
        self.server.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        """Stops the server gracefully; returns once it has stopped."""
        self.server.should_exit = True
        self.join(30)
        assert not self.is_alive()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._event = started
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: Any = None) -> None:
        """Starts, and sets the event."""
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._event.set()


@contextmanager
def serve(app: ASGIApp, port: int, **options: Any) -> Iterator[None]:
    """The app is served at this port for as long as the block; `options` as uvicorn takes them."""
    thread = ServingThread(app, port, **options)
    thread.begin()
    try:
        yield
    finally:
        thread.stop()


@dataclass
class ThreadedServer(Server):
    """A server in this process; tests that kill or measure it need `Server`."""

    clock: SteadyClock = field(default_factory=SteadyClock, repr=False)
    _app: Starlette | None = field(default=None, repr=False)
    _thread: ServingThread | None = field(default=None, repr=False)

    @property
    def services(self) -> Services:
        """The app's services."""
        assert self._app is not None, "the server is not started"
        services: Services = self._app.state.services
        return services

    def start(self, *, within: float = 30.0) -> float:
        """Serves, on a database with every table."""
        settings = load_settings(self.environment)
        make_sqlite(Path(make_url(settings.database).database or ""))
        self._app = build(settings, self.clock, proven_flows(settings.flows))
        self._thread = ServingThread(self._app, self.port)
        self._thread.begin()
        return 0.0

    def stop(self) -> int:
        """Ends every stream, then stops."""
        thread, self._thread = self._thread, None
        if thread is not None:
            # In a process of its own a signal handler does this, which only the main thread may have.
            thread.call(self.services.hub.close)
            thread.stop()
        return 0

    def kill(self) -> None:
        """Not possible: see `open_server`."""
        raise NotImplementedError("a thread can't be killed: mark the test with pytest.mark.own_process")


@contextmanager
def open_server(request: pytest.FixtureRequest, folder: Path) -> Iterator[Server]:
    """A server in this process or, for a test marked `own_process`, in its own that can be killed."""
    own_process = request.node.get_closest_marker("own_process")
    server = Server(folder, extra=small_flow(folder)) if own_process else ThreadedServer(folder)
    make_sqlite(folder / "callcrm.sqlite3")
    server.start()
    try:
        yield server
    finally:
        server.stop()
