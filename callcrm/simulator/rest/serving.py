"""The REST API on a loopback port, in the loop that is already running."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import uvicorn

from callcrm.simulator.rest.app import rest_app
from callcrm.simulator.rest.base import Rest


class _Quiet(uvicorn.Server):
    """A server that leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serve_rest(rest: Rest, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve the API while the block runs; its base URL, for `CALLCRM_TWILIO_API_URL`.

    Recordings are offered under that URL from then on.
    """
    sock = socket.create_server((host, port))
    url = f"http://{host}:{sock.getsockname()[1]}"
    rest.carrier.switch.settings = replace(rest.carrier.switch.settings, api_url=url)
    server = _Quiet(uvicorn.Config(rest_app(rest), log_config=None, lifespan="off", access_log=False))
    running = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield url  # the socket listens already: nobody need wait for the server
    finally:
        server.should_exit = True
        await running
        sock.close()
