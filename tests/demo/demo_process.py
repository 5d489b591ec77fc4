"""The demo in a process of its own, as it is started by hand, and clients of its pages and WebSockets."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.running import free_port

TIMEOUT = 15.0  # seconds
BUSY = re.compile(r">(Wrap-up|On a call|Ringing)<")
CSRF = re.compile(r'name="csrf" content="([^"]+)"')


class SocketEnded(Exception):
    """No such message came before the end of the WebSocket, or not in time."""


@dataclass
class DemoSocket:
    """A client of a WebSocket of the demo; `received` are the messages so far."""

    connection: ClientConnection
    received: list[dict[str, Any]] = field(default_factory=list)

    def send(self, **message: object) -> None:
        """Send a message."""
        self.connection.send(json.dumps(message))

    def wait_for(
        self, condition: Callable[[dict[str, Any]], object], within: float = TIMEOUT
    ) -> dict[str, Any]:
        """The first message from now on that fits the condition; SocketEnded if none comes in time."""
        deadline = time.monotonic() + within
        while True:
            try:
                text = self.connection.recv(timeout=max(0.0, deadline - time.monotonic()))
            except (TimeoutError, ConnectionClosed) as error:
                raise SocketEnded(f"{type(error).__name__} after {self.received[-8:]}") from None
            message: dict[str, Any] = json.loads(text)
            self.received.append(message)
            if condition(message):
                return message

    def wait_for_event(self, name: str, within: float = TIMEOUT) -> dict[str, Any]:
        """The next message with this event on the line."""
        return self.wait_for(lambda message: message.get("sign") == name, within)

    def wait_for_entry(self, words: str, call: str, within: float = TIMEOUT) -> dict[str, Any]:
        """The next line of this call's story that contains these words."""
        return self.wait_for(lambda message: message.get("call") == call and words in message["text"], within)


@dataclass
class AgentDesk:
    """An agent's browser, and the softphone in it."""

    browser: httpx.Client
    phone: DemoSocket
    token: dict[str, str]

    def ring(self, number: str) -> None:
        """Call somebody from the desk."""
        assert self.browser.post("/ring", data={"to": number}, headers=self.token).status_code == 303


@dataclass
class Demo:
    """A running demo."""

    port: int

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def client(self, slug: str | None = None) -> Iterator[httpx.Client]:
        """A client with a browser's cookies, signed in as this colleague."""
        with httpx.Client(base_url=self.url, trust_env=False, verify=False) as client:
            if slug is not None:
                assert client.post(f"/demo/desk/{slug}").status_code == 303
            yield client

    @contextmanager
    def socket(self, path: str, browser: httpx.Client | None = None, **headers: str) -> Iterator[DemoSocket]:
        """A WebSocket, with the browser's cookies."""
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items()) if browser else ""
        url = f"ws://127.0.0.1:{self.port}/demo/{path}"
        all_headers = {**({"Cookie": cookies} if cookies else {}), **headers}
        with connect(url, additional_headers=all_headers, proxy=None) as socket:
            yield DemoSocket(socket)

    @contextmanager
    def at_desk(self, slug: str) -> Iterator[AgentDesk]:
        """An agent who can be rung in their browser and is ready for calls."""
        with self.client(slug) as browser, self.socket("softphone", browser) as phone:
            match = CSRF.search(self.get_page(browser, "/demo"))
            assert match
            token = {"X-CSRF-Token": match[1]}
            assert browser.post("/desk/softphone", headers=token).is_success
            deadline = time.monotonic() + TIMEOUT
            while True:  # the end of an earlier call may still be on its way
                response = browser.post("/desk/state", data={"state": "available"}, headers=token)
                assert response.status_code < 400
                if not BUSY.search(self.get_page(browser, "/desk/state")):
                    break
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield AgentDesk(browser, phone, token)

    def get_page(self, client: httpx.Client, path: str) -> str:
        """The HTML of a page as this client gets it, without the blanks and line ends of its formatting."""
        response = client.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return re.sub(r"\s+", " ", response.text).replace("> <", "><")


@dataclass
class DemoProcess(Demo):
    """A demo in a process of its own, as it is started by hand."""

    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)


@contextmanager
def start_demo(folder: Path, **environment: str) -> Iterator[DemoProcess]:
    """`callcrm demo`, its data in this folder, for the block; then it must stop at SIGTERM without errors."""
    port = free_port()
    command = [sys.executable, "-m", "callcrm", "demo", "--port", str(port)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder), **environment},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line.rstrip())
            if "Ctrl-C" in line:
                break
        yield DemoProcess(port, process, printed)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=20)
        assert process.returncode == 0, stderr[-3000:]
        # a store that is late on a busy machine logs a warning, which is no error
        errors = [line for line in stderr.splitlines() if '"level": "warning"' not in line]
        assert errors == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def text_of(html: str) -> str:
    """A page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
