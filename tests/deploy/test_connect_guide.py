"""docs/connect.md followed in its order: after each step there is what it says one sees."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from callcrm.carrier.urls import number_urls
from callcrm.simulator.account import IncomingNumber
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import Clock
from callcrm.simulator.rest.base import RestApi
from callcrm.simulator.rest.serving import serve_rest
from tests.running import ACCOUNT, LINE, OPERATOR, SMALL_FLOW, TOKEN, Server

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "connect.md").read_text()
STEPS = re.findall(r"^## (\d)\. (.+)$", GUIDE, re.MULTILINE)
NOWHERE = "https://elsewhere.example/nothing"


@contextmanager
def carrier_with(number: IncomingNumber) -> Iterator[tuple[Carrier, str]]:
    """A simulated carrier that has this number; its API's URL."""
    made: list[tuple[Carrier, str]] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with httpx.AsyncClient(verify=False) as http:
            carrier = Carrier(ACCOUNT, TOKEN, http, Clock(), numbers=[number])
            async with serve_rest(RestApi(carrier)) as url:
                made.append((carrier, url))
                ready.set()
                await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def test_the_steps_stand_in_the_order_in_which_they_are_tried_here() -> None:
    assert [name for _, name in STEPS] == [
        "The program and its settings",
        "What callers hear",
        "A name and a certificate",
        "People",
        "The static fallback document",
        "The number's URLs",
        "Ring it",
    ]
    assert [number for number, _ in STEPS] == list("1234567")
    assert GUIDE.count("**See it:**") == 6


@pytest.mark.timeout(240)
def test_each_step_shows_what_the_guide_says(tmp_path: Path) -> None:
    number = IncomingNumber(LINE, NOWHERE, NOWHERE, NOWHERE, NOWHERE)
    with carrier_with(number) as (carrier, api_url):
        server = Server(tmp_path / "data", extra={})
        server.folder.mkdir()
        names = {**server.environment, "CALLCRM_TWILIO_API_URL": api_url, "CALLCRM_OPERATOR_NUMBER": OPERATOR}
        names["CALLCRM_DATABASE_URL"] = ""

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "callcrm", *words]
            return subprocess.run(
                command, env=names, capture_output=True, text=True, check=False, timeout=120
            )

        # 1. The account is seen, the public URL and the numbers are complained of.
        doctor = run("doctor")
        assert doctor.returncode == 1
        assert re.search(r"ok +carrier", doctor.stdout), doctor.stdout
        assert "public URL" in doctor.stdout
        # 2. Flows of one's own are proved.
        flows = tmp_path / "flows"
        flows.mkdir()
        (flows / "main.toml").write_text(SMALL_FLOW)
        names["CALLCRM_FLOWS_DIR"] = str(flows)
        assert run("flows", "check").returncode == 0
        # 3. It serves, and the doctor is content with the public URL.
        server.extra = {name: names[name] for name in ("CALLCRM_FLOWS_DIR", "CALLCRM_TWILIO_API_URL")}
        server.start()
        try:
            assert httpx.get(f"{server.url}/healthz").text == "ok\n"
            # 4. People get links.
            for role, email in (("admin", "ada"), ("agent", "ana")):
                added = run("user", "add", f"{email}@example.com", "--role", role, "--name", email.title())
                assert added.stdout.startswith(f"{server.url}/set-password/"), added.stderr
            # 5. The static document is printed.
            assert "<Dial" in run("doctor", "--print-fallback").stdout
            before = run("doctor").stdout
            assert f"number {LINE}" in before
            # 6. With the URLs that Settings, Numbers shows, the doctor is content with the number.
            urls = number_urls(server.url)
            carrier.numbers[0] = replace(
                number, voice_url=urls.voice, status_url=urls.status, message_url=urls.message
            )
            after = run("doctor").stdout
            faults = [line for line in after.splitlines() if f"number {LINE}" in line and "ok" not in line]
            assert all("fallback" in line.lower() for line in faults), after
        finally:
            server.stop()
