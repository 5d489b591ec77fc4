"""A server with a call, a recording and an agent, for clients that other programs have made."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session

from callcrm.agents import tokens, users
from callcrm.models import Call, Recording
from callcrm.recordings.storage import new_name
from tests.clocks import CLOCK
from tests.server_thread import ThreadedServer

AUDIO = b"RIFF" + bytes(range(256))


@dataclass(frozen=True, slots=True)
class Target:
    """Where clients go: the API's address, a token, the ids of what is there, and the OpenAPI document."""

    url: str
    token: str
    agent: str
    call: str
    recording: str
    document: Path


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A running server."""
    folder = tmp_path_factory.mktemp("clients")
    server = ThreadedServer(folder)
    server.start()
    try:
        yield _stocked(server, folder)
    finally:
        server.stop()


def _stocked(server: ThreadedServer, folder: Path) -> Target:
    now = CLOCK.now()
    (folder / "recordings").mkdir(exist_ok=True)
    name = new_name()
    (folder / "recordings" / name).write_bytes(AUDIO)

    def add(session: Session) -> tuple[str, str]:
        agent = users.add_user(session, "ana@example.test", "agent", "Ana", "+12025550111", None, now)
        session.add(
            Call(
                id="call_1",
                carrier_sid="CA1",
                direction="inbound",
                from_raw="+12025550134",
                from_e164="+12025550134",
                phone="+12025550134",
                state="ended",
                outcome="answered",
                started_at=now,
            )
        )
        session.flush()
        session.add(
            Recording(
                id="rec_1",
                call_id="call_1",
                carrier_sid="RE1",
                kind="call",
                status="stored",
                bytes=len(AUDIO),
                content_type="audio/wav",
                storage_name=name,
                created_at=now,
            )
        )
        return agent.id, tokens.add_token(session, "clients", "admin", None, now)

    agent, token = server.services.store.write_now(add)
    document = folder / "openapi.json"
    document.write_text(json.dumps(httpx.get(f"{server.url}/api/v1/openapi.json").json()), encoding="utf-8")
    return Target(f"{server.url}/api/v1", token, agent, "call_1", "rec_1", document)
