"""Small verbs the store's tests share."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from callcrm.models import LiveEvent
from callcrm.store.store import Store

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ALL_WRITERS = 4


def put(subject: str) -> Callable[[Session], str]:
    """A verb that writes one row."""

    def verb(session: Session) -> str:
        session.add(LiveEvent(at=NOW, kind="test", subject=subject))
        return subject

    return verb


def subjects(session: Session) -> list[str]:
    """What was written, sorted."""
    return sorted(session.exec(select(LiveEvent.subject)))


def outcomes(*waiting: Coroutine[Any, Any, Any]) -> list[Any]:
    """What became of each, exceptions too."""

    async def gather() -> list[Any]:
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(gather())


class Gate:
    """Keeps every writer busy until it is opened."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = threading.Event()
        self._held = threading.Semaphore(0)
        self._threads: list[threading.Thread] = []

    def _hold(self, session: Session) -> None:
        self._held.release()
        self._open.wait(10)

    def __enter__(self) -> "Gate":
        for _ in range(1 if self._store.dialect == "sqlite" else ALL_WRITERS):
            thread = threading.Thread(target=self._store.write_now, args=(self._hold,))
            thread.start()
            self._threads.append(thread)
            assert self._held.acquire(timeout=10)
        return self

    def open(self) -> None:
        """Lets the writers go."""
        self._open.set()

    def __exit__(self, *_: object) -> None:
        self.open()
        for thread in self._threads:
            thread.join()
