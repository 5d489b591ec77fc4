"""`callcrm import`, and what becomes of a file whose processes are killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from tests.clocks import CLOCK
from tests.running import Server, small_flow

pytestmark = [pytest.mark.one_engine, pytest.mark.timeout(240)]
SOON = 15.0  # seconds after the next start
ROWS = 15_000
FILE = """Order ID,Phone,Customer name,Amount,Paid by
A-1,(202) 555-0134,Mina Halloran,120.50,cash
A-2,+1 202 555 0135,Ben Ruiz,30,card
A-3,5,Nobody,30,card
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path, extra=small_flow(tmp_path))


def scalar(server: Server, sql: str) -> Any:
    with sqlite3.connect(server.folder / "callcrm.sqlite3", timeout=30) as connection:
        return (connection.execute(sql).fetchone() or (None,))[0]


def wait(until: Callable[[], bool], seconds: float) -> float:
    """Seconds that it took to come, by a clock that passes over stalls of the machine."""
    began = CLOCK.monotonic()
    while not until():
        assert CLOCK.monotonic() < began + seconds
        sleep(0.02)
    return CLOCK.monotonic() - began


def test_a_file_is_tried_and_brought_in_by_a_command(server: Server, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(FILE)
    tried = server.run("import", "purchases", str(tmp_path / "shop.csv"), "--dry-run")
    assert (tried.returncode, tried.stdout.splitlines()[:4]) == (
        0,
        ["created: 2", "changed: 0", "skipped: 0", "faults: 1"],
    )
    assert tried.stderr.splitlines() == ["row 4, Phone: No number that can be rung."]
    assert scalar(server, "SELECT count(*) FROM purchase") == 0
    brought = server.run(
        "import", "purchases", str(tmp_path / "shop.csv"), "--map", "Phone=phone", "--map", "Amount=total"
    )
    assert brought.returncode == 0
    assert "created: 2" in brought.stdout
    assert scalar(server, "SELECT sum(amount) FROM purchase") == 15_050


def test_a_command_says_in_a_line_what_it_can_t_bring_in(server: Server, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(FILE)
    for arguments in (
        ("shoes", str(tmp_path / "shop.csv")),
        ("purchases", str(tmp_path / "none.csv")),
        ("purchases", str(tmp_path / "shop.csv"), "--map", "Phone"),
        ("purchases", str(tmp_path / "shop.csv"), "--map", "Colour=total"),
    ):
        refused = server.run("import", *arguments)
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr
    assert scalar(server, "SELECT count(*) FROM purchase") == 0


def test_an_import_that_was_killed_goes_on_soon_after_the_next_start(server: Server, tmp_path: Path) -> None:
    lines = (f"K-{n},+1202555{n % 900 + 2000:04d},{n % 9 + 1}.00,Hat" for n in range(ROWS))
    (tmp_path / "shop.csv").write_text("\n".join(["external_id,phone,total,product", *lines]))
    server.start()
    command = [sys.executable, "-m", "callcrm", "import", "purchases", str(tmp_path / "shop.csv")]
    bringing = subprocess.Popen(
        command,
        env=server.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait(lambda: (scalar(server, "SELECT done FROM file_import") or 0) > 0, 60)
    finally:
        os.killpg(bringing.pid, signal.SIGKILL)
        bringing.wait(30)
        server.kill()
    done = scalar(server, "SELECT done FROM file_import")
    assert 0 < done < ROWS
    server.start()
    try:
        took = wait(lambda: scalar(server, "SELECT done FROM file_import") > done, SOON)
        print(f"went on at row {done} after {took:.1f} s")
        wait(lambda: scalar(server, "SELECT state FROM file_import") == "done", 120)
    finally:
        server.stop()
    assert scalar(server, "SELECT count(*) FROM purchase") == ROWS
    assert scalar(server, "SELECT sum(amount) FROM purchase") == sum((n % 9 + 1) * 100 for n in range(ROWS))
    assert scalar(server, "SELECT sum(purchases) FROM customer_worth") == ROWS
