"""A server as an operator runs it: a process of its own on a port of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

TOP = Path(__file__).resolve().parent.parent.parent
SECRET = "an-auth-token-for-tests-only"
NEEDED = {
    "CALLCRM_OPERATOR_NUMBER": "+12025550190",
    "CALLCRM_NUMBERS": "+12025550100",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": SECRET,
    "CALLCRM_TWILIO_API_URL": "http://127.0.0.1:9",
}
PATIENCE = 15.0
SMALL_FLOW = """
languages = ["en"]
main = "main"
queues = { sales = {} }
menus = { main = { say = "main", keys = { 1 = { queue = "sales" } } } }
"""


@dataclass
class Server:
    """A running `callcrm serve`."""

    process: "subprocess.Popen[str]"
    url: str
    cpu_to_start: float  # seconds of work: what the start takes on a machine with nothing else to do

    def get(self, path: str) -> httpx.Response:
        """What it answers."""
        return httpx.get(self.url + path, timeout=5)

    def stop(self) -> tuple[int, str]:
        """Ask it to end; its exit code and what it wrote to stderr."""
        self.process.terminate()
        _, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, err


def small_flow(folder: Path) -> dict[str, str]:
    """The setting for a flow that is proved in no time, put below this folder."""
    (folder / "flows").mkdir()
    (folder / "flows" / "main.toml").write_text(SMALL_FLOW)
    return {"CALLCRM_FLOWS_DIR": str(folder / "flows")}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, *words: str, **settings: str) -> Iterator[Server]:
    """`callcrm serve` in this folder with these settings, answering."""
    port = free_port()
    command = [sys.executable, "-m", "callcrm", "serve", "--port", str(port), *words]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(settings),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _await(process, url)
        used = psutil.Process(process.pid).cpu_times()
        yield Server(process, url, used.user + used.system)
    finally:
        process.kill()
        process.communicate()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with what `serve` needs."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("CALLCRM_", "TWILIO_"))}
    return {**ours, "PYTHONPATH": str(TOP), **NEEDED, **settings}


def _await(process: "subprocess.Popen[str]", url: str) -> None:
    for _ in range(int(PATIENCE / 0.02)):
        if process.poll() is not None:
            raise AssertionError(f"serve ended with {process.returncode}: {process.communicate()[1]}")
        try:
            httpx.get(f"{url}/healthz", timeout=1)
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("serve does not answer")
