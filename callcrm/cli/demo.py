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
from callcrm.cli.commands import group
from callcrm.cli.output import out
from callcrm.demo.pages import routes
from callcrm.demo.sample_data.people import BUSINESS, PASSWORD, STAFF
from callcrm.demo.server import demo_app
from callcrm.demo.settings import local_zone
from callcrm.ivr.flows.loader import load_flows
from callcrm.layout import folder

HOST = "127.0.0.1"  # nothing of it is for anybody else
LARGEST_MESSAGE = 24 * 1024 * 1024  # a voicemail of three minutes at a microphone's rate, as base64
GRACE_SECONDS = 3

app = group()


class _Announcing(uvicorn.Server):
    """Says where to go once there is something to see."""

    def __init__(self, config: uvicorn.Config, lines: list[str]) -> None:
        super().__init__(config)
        self._lines = lines

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so."""
        await super().startup(sockets)
        if self.started:
            for line in self._lines:
                out(line)
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
    os.environ["NO_PROXY"] = "*"  # a proxy would be asked for the carrier on this very machine
    logs.configure(logging.WARNING)  # the lines on stdout are for people
    url = f"http://{HOST}:{port}"
    try:
        listener = socket.create_server((HOST, port))
    except OSError as fault:
        raise Refused(f"port {port} can't be had ({fault.strerror}): try another with --port") from None
    flows = load_flows(folder("ivr_flows"), ZoneInfo(local_zone()))
    config = uvicorn.Config(
        demo_app(url, flows, routes),
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Announcing(config, _welcome(url))
    # uvicorn drains, then hands the signal on to this handler: a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _welcome(url: str) -> list[str]:
    people = [f"  {one.name:<14} {one.role:<11} {one.email}" for one in STAFF]
    return [
        f"{BUSINESS} is open: {url}/demo",
        "",
        f"The desk alone: {url}/login, with any of these and the password: {PASSWORD}",
        *people,
        "",
        "Nothing leaves this machine, nobody is really rung. Ctrl-C ends it, and all that was done in it.",
    ]
