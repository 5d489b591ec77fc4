"""From a webhook to the pop on a screen, with many screens watching: a real server, its crowd beside it.

python tests/bench/streams.py [--clients 200] [--seconds 20] [--postgresql]
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlmodel import Session

from callcrm.agents import sessions, states, users
from callcrm.store.store import Store
from tests import postgres_server
from tests.clocks import CLOCK, THREADS
from tests.running import Server
from tests.running_app import settings_for

HERE = Path(__file__).resolve().parent
WEBHOOKS = 50.0  # a second
WEBHOOKS_PER_CALL = 3
POP_MS = {200: 100.0, 1000: 300.0}
WEBHOOK_MS = 150.0
RESIDENT_MB = 256.0
USERS_PER_SUPERVISOR = 50


@dataclass(frozen=True)
class Measurement:
    """One run with so many screens; times in milliseconds."""

    clients: int
    connected: int
    pops: int
    missed: int
    pop_p50: float
    pop_p95: float
    webhook_p50: float
    webhook_p99: float
    failures: int
    resident: float
    load: float

    def __str__(self) -> str:
        return (
            f"{self.connected} of {self.clients} screens: pop p50 {self.pop_p50:.0f} ms, "
            f"p95 {self.pop_p95:.0f} ms ({self.pops}, {self.missed} missed); webhook p50 "
            f"{self.webhook_p50:.1f} ms, p99 {self.webhook_p99:.0f} ms, failures {self.failures}; "
            f"{self.resident:.0f} MB; the machine's load {self.load:.1f}"
        )

    def missed_gates(self, noise: float = 1.0) -> list[str]:
        """The gates it missed, with so much allowed for a busy machine."""
        limit = next(ms for most, ms in POP_MS.items() if self.clients <= most)
        gates = {
            f"pop p95 {limit:.0f} ms": self.pop_p95 <= limit * noise,
            f"webhook p99 {WEBHOOK_MS:.0f} ms": self.webhook_p99 <= WEBHOOK_MS * noise,
            f"{RESIDENT_MB:.0f} MB": self.resident <= RESIDENT_MB,
            "every screen, every pop, every answer": self.connected == self.clients
            and not self.missed
            and not self.failures,
        }
        return [gate for gate, met in gates.items() if not met]


def staff(session: Session, count: int, now: datetime) -> list[str]:
    """Create so many signed-in users, available agents but for some supervisors; their session secrets."""
    secrets = []
    for number in range(count):
        role = "supervisor" if number % USERS_PER_SUPERVISOR == 0 else "agent"
        user = users.add_user(
            session,
            email=f"user{number}@example.test",
            role=role,
            name=f"User {number}",
            number=f"+1202555{number:04d}",
            password=None,
            now=now,
        )
        if role == "agent":
            states.set_state(session, user.id, "available", now)
        secrets.append(sessions.create_session(session, user.id, "bench", now))
    return secrets


def resident_mb(pid: int) -> float:
    """The most memory the process has had resident, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure(server: Server, clients: int, seconds: float) -> Measurement:
    """One run on a server with an empty store."""
    settings = settings_for(
        server.database_url or f"sqlite:///{server.folder}/callcrm.sqlite3", server.folder
    )
    store = Store(settings.database, CLOCK, THREADS)
    secrets = store.write_now(lambda session: staff(session, clients, CLOCK.now()))
    store.close()
    server.start()
    try:
        plan = {
            "port": server.port,
            "url": server.url,
            "cookies": [f"callcrm={secret}" for secret in secrets],
            "calls": WEBHOOKS / WEBHOOKS_PER_CALL,
            "seconds": seconds,
        }
        crowd = subprocess.run(
            [sys.executable, str(HERE / "crowd.py")],
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            timeout=seconds * 3 + 120,
            check=False,
        )
        if crowd.returncode:
            raise RuntimeError(crowd.stderr[-3000:])
        result = json.loads(crowd.stdout)
        assert server.process is not None
        memory = resident_mb(server.process.pid)
    finally:
        server.stop()
    return Measurement(
        clients,
        result["connected"],
        len(result["pops"]),
        result["missed"],
        _quantile(result["pops"], 0.5),
        _quantile(result["pops"], 0.95),
        _quantile(result["webhooks"], 0.5),
        _quantile(result["webhooks"], 0.99),
        result["failures"],
        memory,
        os.getloadavg()[0],
    )


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def run(clients: int, seconds: float, *, on_postgresql: bool = False) -> Measurement:
    """One run with a new store and server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres_server.running(quick=False)) if on_postgresql else ""
        server = Server(folder, url)
        if server.run("migrate").returncode:
            raise RuntimeError("the bench's database could not be migrated")
        return measure(server, clients, seconds)


def main() -> int:
    """0 if every gate is met."""
    options = argparse.ArgumentParser()
    options.add_argument("--clients", type=int, default=200)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--postgresql", action="store_true")
    arguments = options.parse_args()
    measurement = run(arguments.clients, arguments.seconds, on_postgresql=arguments.postgresql)
    print(measurement)
    missed = measurement.missed_gates()
    print("missed: " + ", ".join(missed) if missed else "every gate met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
