"""make bench: our webhooks beside the two yardsticks, side by side in one run, ratios printed.

    python tests/bench/run.py [--seconds 4] [--rounds 3] [--short]

Machines are noisy: every round runs each server in turn, ratios are of the same round, medians are quoted.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests import postgres_server
from tests.bench.calls import KINDS, VOICE, Contender
from tests.bench.load import Result, paced
from tests.running import TOKEN, Server, free_port

HERE = Path(__file__).resolve().parent
BARE = [sys.executable, "-m", "uvicorn", "bare:app", "--port", "PORT", "--no-access-log"]
OPTIONS = "-w 2 -b 127.0.0.1:PORT --log-level critical tutorial:app"
TUTORIAL = [sys.executable, "-m", "gunicorn", *OPTIONS.split()]
# Of what is sent, and by whom beside whom: the least ratio of rates.
GATES = {
    ("voice", "sqlite / bare"): 0.3,
    ("voice", "postgresql / bare"): 0.22,
    ("voice", "sqlite / tutorial"): 1.5,
    ("status", "sqlite / bare"): 0.18,
    ("status", "postgresql / bare"): 0.14,
    ("call", "sqlite / bare"): 0.18,
    ("call", "postgresql / bare"): 0.1,
}
P99_MS = 50.0


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, env={**os.environ, **environment}, cwd=HERE, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int) -> None:
    import socket

    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError("a server under test did not start")


@contextlib.contextmanager
def yardstick(name: str, command: list[str], **environment: str) -> Iterator[Contender]:
    """One of the two handlers we are measured against."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"TWILIO_AUTH_TOKEN": TOKEN, "CALLCRM_PUBLIC_URL": url, **environment}
    with _process([part.replace("PORT", str(port)) for part in command], settings, port):
        yield Contender(name, port, url)


@contextlib.contextmanager
def ours(name: str, folder: Path, database_url: str = "") -> Iterator[Contender]:
    """Our server on one engine."""
    folder.mkdir()
    server = Server(folder, database_url)
    if database_url and server.run("migrate").returncode:
        raise RuntimeError("the bench's database could not be migrated")
    server.start()
    try:
        yield Contender(name, server.port, server.url, database_url or f"sqlite:///{folder}/callcrm.sqlite3")
    finally:
        server.stop()


def document_size(contender: Contender) -> int:
    """How long our answer is, so that the bare handler's is as long."""
    import http.client

    request = contender.first_requests(1)[0]
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection = http.client.HTTPConnection("127.0.0.1", contender.port)
    connection.request("POST", VOICE, body, headers)
    response = connection.getresponse()
    size = len(response.read())
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"our own handler answered {response.status}")
    return size


def measure(contender: Contender, kind: str, seconds: float) -> Result:
    """One round of this kind, at concurrency 8."""
    result = KINDS[kind](contender, seconds)
    if result.failures:
        raise RuntimeError(f"{contender.name}: {result.statuses}")
    return result


def report(rates: dict[tuple[str, str], list[float]]) -> dict[tuple[str, str], float]:
    """Print the medians and give the ratios, each of the same round."""
    for (kind, name), values in rates.items():
        rounds = " ".join(f"{value:.0f}" for value in values)
        print(f"{kind:7} {name:12} {statistics.median(values):8.0f} /s   rounds: {rounds}")
    ratios = {}
    for (kind, pair), gate in GATES.items():
        above, below = (rates[kind, name] for name in pair.split(" / "))
        each = [a / b for a, b in zip(above, below, strict=True)]
        ratios[kind, pair] = statistics.median(each)
        rounds = " ".join(f"{ratio:.2f}" for ratio in each)
        print(f"{kind:7} {pair:20} {ratios[kind, pair]:.2f}   (gate {gate}, rounds {rounds})")
    return ratios


def _started(stack: contextlib.ExitStack) -> list[Contender]:
    """Bare, ours on each engine, and the tutorial's: started at once, and running until the stack ends."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    postgresql = stack.enter_context(postgres_server.running(quick=False))
    servers = (
        ours("sqlite", folder / "sqlite"),
        ours("postgresql", folder / "pg", postgresql),
        yardstick("tutorial", TUTORIAL, BENCH_DATABASE_URL=f"sqlite:///{folder / 'tutorial.sqlite3'}"),
    )
    with ThreadPoolExecutor(len(servers)) as pool:
        sqlite, postgres, tutorial = pool.map(stack.enter_context, servers)
    size = str(document_size(sqlite))
    bare = stack.enter_context(yardstick("bare", BARE, BENCH_DOCUMENT_SIZE=size))
    return [bare, sqlite, postgres, tutorial]


def run(seconds: float, rounds: int) -> dict[str, Any]:
    """Measure every contender, side by side; ratios, and p99 (ms) at a steady rate."""
    with contextlib.ExitStack() as stack:
        contenders = _started(stack)
        _, sqlite, postgresql, tutorial = contenders
        sent = [
            (kind, contender)
            for kind in KINDS
            for contender in contenders
            if contender is not tutorial or kind == "voice"
        ]
        for kind, contender in sent:
            measure(contender, kind, min(1.0, seconds / 2))
        rates: dict[tuple[str, str], list[float]] = {(kind, each.name): [] for kind, each in sent}
        for _ in range(rounds):
            for kind, contender in sent:
                rates[kind, contender.name].append(measure(contender, kind, seconds).rate)
        ratios = report(rates)
        steady = {}
        for contender in (sqlite, postgresql):
            result = asyncio.run(
                paced(
                    contender.port,
                    contender.first_requests(int(100 * seconds * 2)),
                    rate=100,
                    seconds=seconds * 2,
                )
            )
            steady[contender.name] = result.quantile(0.99)
            print(
                f"{contender.name} at 100/s: p50 {result.quantile(0.5):.1f} ms, "
                f"p99 {steady[contender.name]:.1f} ms, failures {result.failures}"
            )
        return {"ratios": ratios, "p99": steady}


def main() -> int:
    """0 if every gate is met."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=4)
    options.add_argument("--rounds", type=int, default=3)
    arguments = options.parse_args()
    result = run(arguments.seconds, arguments.rounds)
    missed = [" ".join(row) for row, gate in GATES.items() if result["ratios"][row] < gate]
    missed += [f"{name} p99" for name, value in result["p99"].items() if value > P99_MS]
    print("missed: " + ", ".join(missed) if missed else "every gate met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
