"""Verbs that may only run one at a time, in transactions that they share.

Each would else wait for the others with a thread and a connection in its hand.
"""

import asyncio
from collections.abc import Callable

from sqlmodel import Session

from callcrm.store.errors import is_outage
from callcrm.store.store import Store

# How many share a transaction. On SQLite, where one thread writes, a caller would wait for all of them.
MOST = {"sqlite": 2, "postgresql": 8}
Verb = Callable[[Session], None]
Waiting = tuple[Verb, asyncio.Future[None]]


class SharedTurns:
    """Runs verbs one after another under a lock, of this and other processes. Those that come while others
    are at work have the next turn together: one transaction, unless one of them fails.

    A verb may be run twice, the first time without effect.
    """

    def __init__(self, store: Store, lock: str, deadline: float) -> None:
        self._store = store
        self._most = MOST[store.dialect]
        self._lock = lock
        self._deadline = deadline
        self._waiting: list[Waiting] = []
        self._turn = asyncio.Lock()

    async def run(self, verb: Verb) -> None:
        """Returns when what the verb wrote is durable; raises what the verb raises, or StoreDown."""
        own = (verb, asyncio.get_running_loop().create_future())
        self._waiting.append(own)
        try:
            async with self._turn:
                while not own[1].done():
                    await self._serve()
            await own[1]
        finally:
            if own in self._waiting:
                self._waiting.remove(own)

    async def _serve(self) -> None:
        """Serves those that have waited longest; whoever is not served, since this turn was canceled, waits
        for the next.
        """
        batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        try:
            await self._together(batch)
        finally:
            self._waiting[:0] = [waiting for waiting in batch if not waiting[1].done()]

    async def _together(self, batch: list[Waiting]) -> None:
        try:
            await self._write(lambda session: [verb(session) for verb, _ in batch])
        except Exception as fault:
            if len(batch) > 1 and not is_outage(fault):
                for waiting in batch:
                    await self._together([waiting])
                return
            for _, served in batch:
                _fail(served, fault)
            return
        for _, served in batch:
            if not served.done():
                served.set_result(None)

    async def _write(self, verb: Callable[[Session], object]) -> None:
        await self._store.write(verb, deadline=self._deadline, lock=self._lock)


def _fail(served: asyncio.Future[None], fault: Exception) -> None:
    if not served.done():
        served.set_exception(fault)
        served.exception()  # nobody may be there to retrieve it
