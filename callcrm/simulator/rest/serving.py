"""The REST API on a loopback port, in the event loop that is already running."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import uvicorn

from callcrm.simulator.rest.app import rest_app
from callcrm.simulator.rest.base import RestApi


class _SignallessServer(uvicorn.Server):
    """A server that leaves SIGINT and SIGTERM to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve_rest(api: RestApi, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the API while the block runs; its base URL, for `CALLCRM_TWILIO_API_URL`.

    RecordingUrls point there from then on. Raises OSError if the port is taken.
    """
    sock = socket.create_server((host, port))
    url = f"http://{host}:{sock.getsockname()[1]}"
    api.carrier.state.settings = replace(api.carrier.state.settings, api_url=url)
    config = uvicorn.Config(rest_app(api), log_config=None, lifespan="off", access_log=False)
    server = _SignallessServer(config)
    running = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield url  # the socket listens already: nobody need wait for the server
    finally:
        server.should_exit = True
        await running
        sock.close()
