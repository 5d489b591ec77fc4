"""The one door to the store: verbs are handed in, durable answers come back before a deadline.

A verb is a plain function that takes a session; it never commits. It may be run again (PostgreSQL, when
another was faster), so all it changes is the session. What it appends with `after_commit` is published
once its work is durable, from whichever thread did it. On SQLite verbs run one after the other; on
PostgreSQL at the same time, unless they were given the same `lock`.
"""

import asyncio
import concurrent.futures
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from callcrm.store.errors import StoreDown, StoreLate
from callcrm.store.postgres import PostgresStore
from callcrm.store.sqlite import SqliteStore
from callcrm.store.tasks import Inbox, OnCommit, Task
from callcrm.store.worker_session import AFTER_COMMIT

__all__ = ["Store", "StoreDown", "StoreLate", "after_commit"]

T = TypeVar("T")
Verb = Callable[[Session], T]
PATIENCE = 30.0


def after_commit(session: Session, news: object) -> None:
    """Has `news` handed to the store's `on_commit` when, and only when, the verb's work is durable."""
    session.info.setdefault(AFTER_COMMIT, []).append(news)


class Store:
    """A store by its URL; making it opens nothing yet, connections come with the first verbs."""

    def __init__(self, url: str, *, on_commit: OnCommit | None = None) -> None:
        kind = SqliteStore if url.startswith("sqlite") else PostgresStore
        self._inner: SqliteStore | PostgresStore = kind(url, on_commit)
        self.url = url
        self.dialect = self._inner.dialect

    @property
    def engine(self) -> Engine:
        """The engine beneath, for those who watch its statements."""
        return self._inner.engine

    async def write(self, verb: Verb[T], *, deadline: float = 1.5, lock: str | None = None) -> T:
        """The verb's answer, once durable; StoreLate past the deadline, StoreDown if the store can't."""
        return await _wait(self._inner.writes, verb, deadline, lock)

    async def read(self, verb: Verb[T], *, deadline: float = 5.0) -> T:
        """The verb's answer from one snapshot; StoreLate past the deadline, StoreDown if the store can't."""
        return await _wait(self._inner.reads, verb, deadline)

    def write_now(self, verb: Verb[T], *, deadline: float = PATIENCE, lock: str | None = None) -> T:
        """Like `write`, for threads that may wait."""
        return _block(self._inner.writes, verb, deadline, lock)

    def read_now(self, verb: Verb[T], *, deadline: float = PATIENCE) -> T:
        """Like `read`, for threads that may wait."""
        return _block(self._inner.reads, verb, deadline)

    def close(self) -> None:
        """Serves what is queued, then lets go of the database."""
        self._inner.close()


async def _wait(inbox: Inbox, verb: Verb[T], deadline: float, lock: str | None = None) -> T:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    inbox.put(Task(future, loop, verb, time.monotonic() + deadline, lock))
    timer = loop.call_later(deadline, _expire, future)
    try:
        return await future
    finally:
        timer.cancel()


def _expire(future: asyncio.Future[T]) -> None:
    if not future.done():
        future.set_exception(StoreLate("The store took too long."))


def _block(inbox: Inbox, verb: Verb[T], deadline: float, lock: str | None = None) -> T:
    future: concurrent.futures.Future[T] = concurrent.futures.Future()
    inbox.put(Task(future, None, verb, time.monotonic() + deadline, lock))
    if not concurrent.futures.wait([future], deadline).done:
        raise StoreLate("The store took too long.")
    return future.result()
