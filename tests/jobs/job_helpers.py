"""Jobs and handlers that the tests of jobs share."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from callcrm.jobs.runner import Handler, Runner
from callcrm.models import Job
from callcrm.store.enqueue import enqueue
from callcrm.store.store import Store
from tests.clocks import SetClock


def enqueued(store: Store, now: datetime, *keys: str, kind: str = "note") -> list[bool]:
    def verb(session: Session) -> list[bool]:
        return [enqueue(session, kind, key, {"n": key}, now) for key in keys]

    return store.write_now(verb)


def job(store: Store, key: str) -> Job:
    return store.read_now(lambda s: s.exec(select(Job).where(Job.dedupe_key == key)).one())


def run_due(store: Store, clock: SetClock, handlers: dict[str, Handler]) -> int:
    return asyncio.run(Runner(store, handlers, clock).run_due())


def recording_into(seen: list[str]) -> dict[str, Handler]:
    async def note(payload: dict[str, Any]) -> None:
        seen.append(payload["n"])

    return {"note": note}


def raising(error: Exception) -> dict[str, Handler]:
    async def fail(payload: dict[str, Any]) -> None:
        raise error

    return {"note": fail}


async def until(condition: Callable[[], object]) -> None:
    """Returns when the condition holds; fails after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (a condition of any kind)
            await asyncio.sleep(0.005)
