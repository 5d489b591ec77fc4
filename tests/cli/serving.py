"""A server for the tests of commands: told nothing but what it needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.running import ACCOUNT, LINE, OPERATOR, TOKEN, Server

NEEDED = {
    "CALLCRM_OPERATOR_NUMBER": OPERATOR,
    "CALLCRM_NUMBERS": LINE,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "CALLCRM_TWILIO_API_URL": "http://127.0.0.1:9",
}


@contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Server]:
    """`callcrm serve` with its data in this folder, answering; its public URL is left for it to find."""
    server = Server(folder, options=options, extra={"CALLCRM_PUBLIC_URL": "", **settings})
    server.start()
    try:
        yield server
    finally:
        server.kill()


def get(server: Server, path: str) -> httpx.Response:
    """What it answers."""
    return httpx.get(server.url + path, timeout=5, verify=False)  # http: no certificates need be read
