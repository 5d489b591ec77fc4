"""`callcrm demo`: a call on a screen, from nothing, without an account."""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
import uvicorn

from callcrm import logs
from callcrm.base.errors import Refused
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data
from callcrm.demo.pages import routes
from callcrm.demo.sample_data.people import BUSINESS, PASSWORD, STAFF
from callcrm.demo.server import demo_app
from callcrm.demo.settings import local_zone
from callcrm.edge.server.protocol import BoundedProtocol
from callcrm.ivr.flows.loader import load_flows
from callcrm.paths import folder

HOST = "127.0.0.1"  # the demo signs anybody in: never listen elsewhere
MAX_MESSAGE_BYTES = 24 * 1024 * 1024  # a voicemail of three minutes at a microphone's rate, as base64
GRACE_SECONDS = 3

app = command_group()


class _AnnouncingServer(uvicorn.Server):
    """A server that prints these lines on stdout once it serves."""

    def __init__(self, config: uvicorn.Config, lines: list[str]) -> None:
        super().__init__(config)
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and print the lines."""
        await super().startup(sockets)
        if self.started:
            for line in self._lines:
                print_data(line)
            sys.stdout.flush()


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="The port of this machine to listen on.")
    ] = 8000,
) -> None:
    """A whole call on a screen: a fresh store of invented people, a simulated carrier, a virtual phone.

    Needs no account and no configuration, and opens nothing outside this machine. What was done in it is
    gone when it stops.
    """
    os.environ["NO_PROXY"] = "*"  # else requests to the carrier on this machine would go through a proxy
    logs.configure(logging.WARNING)  # the lines on stdout are for people
    url = f"http://{HOST}:{port}"
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise Refused(f"port {port} can't be had ({error.strerror}): try another with --port") from None
    flows = load_flows(folder("ivr_flows"), ZoneInfo(local_zone()))
    BoundedProtocol.clock = clock
    config = uvicorn.Config(
        demo_app(url, flows, routes),
        http=BoundedProtocol,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _AnnouncingServer(config, _welcome_lines(url))
    # uvicorn drains, then raises the signal again: a requested stop exits with 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _welcome_lines(url: str) -> list[str]:
    people = [f"  {member.name:<14} {member.role:<11} {member.email}" for member in STAFF]
    return [
        f"{BUSINESS} is open: {url}/demo",
        "",
        f"The desk alone: {url}/login, with any of these and the password: {PASSWORD}",
        *people,
        "",
        "Nothing leaves this machine, nobody is really rung. Ctrl-C ends it, and all that was done in it.",
    ]
