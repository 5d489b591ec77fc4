"""`callcrm serve` as a process with its own data folder, for tests that kill, trace and load it."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil

ACCOUNT, TOKEN = "AC00000000000000000000000000000000", "a-token-of-the-tests"
OPERATOR = "+12025550199"
LINE = "+12025550100"

SMALL_FLOW = """
languages = ["en"]
main = "main"
queues = { sales = {} }
menus = { main = { say = "main", keys = { 1 = { queue = "sales" } } } }
"""


def free_port() -> int:
    """A free TCP port of this machine, below those that outgoing connections are given.

    One of these could take it before a server does; and whoever waits for the server could be given the very
    port they knock at, and would find themselves there.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Server:
    """`callcrm serve` on a folder; killed and started again at will."""

    folder: Path
    database_url: str = ""
    port: int = field(default_factory=free_port)
    prefix: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The server's base URL; also the one the carrier signs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The server's environment variables."""
        settings = {
            "CALLCRM_DATA_DIR": str(self.folder),
            "CALLCRM_DATABASE_URL": self.database_url,
            "CALLCRM_OPERATOR_NUMBER": OPERATOR,
            "CALLCRM_NUMBERS": LINE,
            "CALLCRM_PUBLIC_URL": self.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            # Nobody listens there, so that no test leaves this machine.
            "CALLCRM_TWILIO_API_URL": "http://127.0.0.1:9",
        }
        return {**os.environ, **settings, **self.extra}

    def start(self, *, within: float = 30.0) -> float:
        """Starts the server; seconds until it answers. Those in which it had no processor do not count."""
        began = time.monotonic()
        serve = [sys.executable, "-m", "callcrm", "serve", "--port", str(self.port)]
        command = [*self.prefix, *serve, *self.options]
        errors = (self.folder / "stderr.log").open("ab")
        self.process = subprocess.Popen(command, env=self.environment, stderr=errors, start_new_session=True)
        errors.close()
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - began - self._stalled() > within:
                raise RuntimeError((self.folder / "stderr.log").read_text()[-4000:])
            time.sleep(0.02)
        return time.monotonic() - began

    def _stalled(self) -> float:
        """Seconds that the process and its workers were ready to run and waited for a processor."""
        if self.process is None or not Path("/proc/self/schedstat").exists():
            return 0.0
        with suppress(OSError, psutil.Error):
            server = psutil.Process(self.process.pid)
            tree = [Path(f"/proc/{process.pid}/schedstat") for process in (server, *server.children())]
            return max(int(path.read_text().split()[1]) for path in tree) / 1e9
        return 0.0

    def answers(self) -> bool:
        """Whether `/healthz` answers 200."""
        try:
            with urlopen(f"{self.url}/healthz", timeout=1) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """Ends the process by SIGKILL."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """Ends the process by SIGTERM; its exit code."""
        self._signal(signal.SIGTERM)
        return self.process.returncode if self.process else 0

    def _signal(self, number: int) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, number)
        if self.process:
            self.process.wait(30)

    def run(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs another callcrm command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "callcrm", *arguments],
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def small_flow(folder: Path) -> dict[str, str]:
    """The setting for a flow that is proved in no time, put below this folder."""
    (folder / "flows").mkdir()
    (folder / "flows" / "main.toml").write_text(SMALL_FLOW)
    return {"CALLCRM_FLOWS_DIR": str(folder / "flows")}
