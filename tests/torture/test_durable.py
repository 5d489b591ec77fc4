"""A 2xx leaves the process only after what it promises has been forced to the disk: seen by strace."""

import re
import shutil
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from callcrm.simulator.wire.signature import sign
from tests.posts import completed
from tests.running import TOKEN, Server

PATH = "/webhooks/twilio/status"
SYNC = re.compile(r"\b(fdatasync|fsync)\(.*= 0|<\.\.\. (fdatasync|fsync) resumed>.*= 0")
ANSWER = re.compile(r"(write|writev|send|sendto|sendmsg)\(.*HTTP/1\.1 2\d\d")


def unsynced_answers(trace: str) -> tuple[int, int]:
    """How many 2xx answers the trace shows, and how many had no completed sync since the one before."""
    answers = bad = 0
    synced = False
    for line in trace.splitlines():
        if SYNC.search(line):
            synced = True
        elif ANSWER.search(line):
            answers, bad, synced = answers + 1, bad + (not synced), False
    return answers, bad


def _post(server: Server, connection: HTTPConnection, number: int) -> int:
    fields = completed(f"CAsync{number}")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": sign(TOKEN, server.url + PATH, fields.items()),
    }
    connection.request("POST", PATH, urlencode(fields), headers)
    response = connection.getresponse()
    response.read()
    return response.status


def acknowledge(folder: Path, count: int) -> str:
    """The system calls of a server that acknowledges so many reports."""
    strace = shutil.which("strace")
    assert strace, "strace is missing: install Debian's package strace"
    trace = folder / "trace"
    syscalls = "trace=fdatasync,fsync,write,writev,send,sendto,sendmsg"
    server = Server(folder, prefix=(strace, "-f", "-qq", "-s", "16", "-e", syscalls, "-o", str(trace)))
    server.start(within=90)
    trace.write_text("")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        assert {_post(server, connection, number) for number in range(count)} == {204}
        time.sleep(0.2)
    finally:
        connection.close()
        server.stop()
    return trace.read_text(errors="replace")


@pytest.mark.timeout(300)
def test_every_acknowledgement_follows_a_sync(tmp_path: Path) -> None:
    answers, bad = unsynced_answers(acknowledge(tmp_path, 100))
    assert answers >= 100
    assert bad == 0


def test_the_trace_check_would_notice_an_answer_before_its_sync() -> None:
    good = '7 fdatasync(9) = 0\n5 sendto(11, "HTTP/1.1 204 No", 16) = 16\n'
    assert unsynced_answers(good) == (1, 0)
    assert unsynced_answers(good + '5 sendto(11, "HTTP/1.1 204 No", 16) = 16\n') == (2, 1)
    assert unsynced_answers(
        '5 write(2, "{}", 2) = 2\n5 sendto(11, "HTTP/1.1 200 OK", 15) = 15\n7 fdatasync(9) = 0\n'
    ) == (1, 1)
