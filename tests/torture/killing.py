"""Killing a server under load, and counting what it had acknowledged."""

import json
import random
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from callcrm.simulator.wire.signature import sign
from tests.posts import completed
from tests.running import TOKEN, Server

PATH = "/webhooks/twilio/status"


@dataclass
class Tally:
    """What the writers got: the SIDs of acknowledged callbacks, and the status of every other response."""

    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _write(server: Server, name: str, stop: threading.Event, tally: Tally) -> None:
    connection, number = HTTPConnection("127.0.0.1", server.port, timeout=5), 0
    while not stop.is_set():
        number += 1
        sid = f"CA{name}x{number}"
        fields = completed(sid)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": sign(TOKEN, server.url + PATH, fields.items()),
        }
        try:
            connection.request("POST", PATH, urlencode(fields), headers)
            response = connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            connection.close()
            time.sleep(0.01)
            continue
        with tally.lock:
            (
                tally.acknowledged.append(sid)
                if response.status == 204
                else tally.refused.append(response.status)
            )
    connection.close()


def kill_repeatedly(server: Server, count: int, *, writers: int, seed: int) -> tuple[Tally, list[float]]:
    """Kill the server under load after random 50 to 600 ms; the tally, and how long each start took."""
    rng, tally, restarts = random.Random(seed), Tally(), []
    for round_ in range(count):
        restarts.append(server.start())
        stop = threading.Event()
        names = [f"{seed}k{round_}w{writer}" for writer in range(writers)]
        threads = [threading.Thread(target=_write, args=(server, name, stop, tally)) for name in names]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.05, 0.6))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
    return tally, restarts


def known_calls(server: Server) -> set[str]:
    """Every call SID in the store or the spool, read without the server."""
    database = sqlite3.connect(server.folder / "callcrm.sqlite3")
    sids = {sid for (sid,) in database.execute("SELECT root_sid FROM carrier_event")}
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    return sids | _spooled(server.folder / "spool")


def _spooled(folder: Path) -> set[str]:
    sids = set()
    for file in folder.glob("*"):
        for line in file.read_text(errors="replace").splitlines():
            if line.endswith("}"):  # a torn last line was never acknowledged
                sids.add(str(json.loads(line[line.index("{") :])["data"]["root_sid"]))
    return sids
