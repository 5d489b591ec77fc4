"""The demo as it is started by hand, in a process of its own, and people of it at the ends of WebSockets."""

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

PATIENCE = 15.0
BUSY = re.compile(r">(Wrap-up|On a call|Ringing)<")
CSRF = re.compile(r'name="csrf" content="([^"]+)"')


class Ended(Exception):
    """Nothing more will be said at this WebSocket, or not in time."""


@dataclass
class Talk:
    """One end of a WebSocket of the demo."""

    socket: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    def say(self, **message: object) -> None:
        """Send a message."""
        self.socket.send(json.dumps(message))

    def until(self, so: Callable[[dict[str, Any]], object], within: float = PATIENCE) -> dict[str, Any]:
        """The first message from now on of which this is true."""
        deadline = time.monotonic() + within
        while True:
            try:
                text = self.socket.recv(timeout=max(0.0, deadline - time.monotonic()))
            except (TimeoutError, ConnectionClosed) as fault:
                raise Ended(f"{type(fault).__name__} after {self.heard[-8:]}") from None
            message: dict[str, Any] = json.loads(text)
            self.heard.append(message)
            if so(message):
                return message

    def sign(self, name: str, within: float = PATIENCE) -> dict[str, Any]:
        """Wait for a sign on the line."""
        return self.until(lambda message: message.get("sign") == name, within)

    def told(self, words: str, call: str, within: float = PATIENCE) -> dict[str, Any]:
        """Wait for a line with these words in the story of this call."""
        return self.until(lambda message: message.get("call") == call and words in message["said"], within)


@dataclass
class Desk:
    """Somebody at their desk: a browser, and the phone in it."""

    browser: httpx.Client
    phone: Talk
    token: dict[str, str]

    def ring(self, number: str) -> None:
        """Call somebody from the desk."""
        assert self.browser.post("/ring", data={"to": number}, headers=self.token).status_code == 303


@dataclass
class Town:
    """A running demo."""

    port: int
    process: subprocess.Popen[str]
    started: float
    printed: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def visitor(self, who: str | None = None) -> Iterator[httpx.Client]:
        """A browser without a screen, sitting at somebody's desk."""
        with httpx.Client(base_url=self.url, follow_redirects=False, trust_env=False) as client:
            if who is not None:
                assert client.post(f"/demo/desk/{who}").status_code == 303
            yield client

    @contextmanager
    def talk(self, path: str, browser: httpx.Client | None = None, **headers: str) -> Iterator[Talk]:
        """A WebSocket, with the browser's cookies."""
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items()) if browser else ""
        url = f"ws://127.0.0.1:{self.port}/demo/{path}"
        more = {**({"Cookie": cookies} if cookies else {}), **headers}
        with connect(url, additional_headers=more, proxy=None) as socket:
            yield Talk(socket)

    @contextmanager
    def at_desk(self, who: str) -> Iterator[Desk]:
        """An agent who can be rung in their browser and is ready for calls."""
        with self.visitor(who) as browser, self.talk("softphone", browser) as phone:
            found = CSRF.search(self.see(browser, "/demo"))
            assert found
            token = {"X-CSRF-Token": found[1]}
            assert browser.post("/desk/softphone", headers=token).is_success
            deadline = time.monotonic() + PATIENCE
            while True:  # the end of an earlier call may still be on its way
                chosen = browser.post("/desk/state", data={"state": "available"}, headers=token)
                assert chosen.status_code < 400
                if not BUSY.search(self.see(browser, "/desk/state")):
                    break
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield Desk(browser, phone, token)

    def see(self, client: httpx.Client, path: str) -> str:
        """A page as this visitor sees it."""
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text


@contextmanager
def open_town(folder: Path, **environment: str) -> Iterator[Town]:
    """`callcrm demo`, its data in this folder, until the block ends; then it must stop when it is told to."""
    port, began = free_port(), time.monotonic()
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
        yield Town(port, process, time.monotonic() - began, printed)
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=20)
        assert process.returncode == 0, complaints[-3000:]
        # that a busy machine made the store late is told as a warning, and is no fault
        faults = [line for line in complaints.splitlines() if '"level": "warning"' not in line]
        assert faults == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def text_of(html: str) -> str:
    """A page's words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
