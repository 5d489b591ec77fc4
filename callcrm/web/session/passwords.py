"""Password hashing for pages: slow by design, so a few at a time in threads, with a short queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from callcrm.agents import passwords
from callcrm.base.errors import TooMany
from callcrm.base.text import is_storable
from callcrm.base.threads import Threads

MAX_CONCURRENT = 2  # each takes 64 MB and two thirds of a processor's second at worst
MAX_WAITING = 40


@cache
def _dummy_hash() -> str:
    return passwords.HASHER.hash("nobody's password")


def _verify(password: str, hashed: str | None) -> bool:
    return passwords.HASHER.verify(password, hashed or _dummy_hash())


class Passwords:
    """Checks and hashes passwords for all pages."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._pending = 0

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password matches the hash; takes as long if there is no hash."""
        acceptable = len(password) <= passwords.MAX_LENGTH and is_storable(password)
        async with self._slot():
            correct = await self._threads.run(_verify, password if acceptable else "", hashed)
        return correct and acceptable and hashed is not None

    async def hashed(self, password: str) -> str:
        """The hash to store; Refused for a password too short or too long."""
        async with self._slot():
            return await self._threads.run(passwords.hash_password, password)

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        if self._pending >= MAX_WAITING:
            raise TooMany("many people are signing in at this moment: try again in a few seconds")
        self._pending += 1
        try:
            async with self._slots:
                yield
        finally:
            self._pending -= 1
