"""The tests' own server does not outlive them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
STARTS = """
import time
import psycopg
from tests import postgres_server

with postgres_server.running() as url:
    with psycopg.connect(url) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()[0]
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_killed_test_run_leaves_no_server_behind() -> None:
    run = subprocess.Popen([sys.executable, "-c", STARTS], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert run.stdout is not None
    folder = Path(run.stdout.readline().strip())
    server = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    server.wait(10)
    end = time.monotonic() + 10
    while folder.parent.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not folder.parent.exists()
