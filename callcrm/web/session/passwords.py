"""Passwords are costly to check on purpose: a few at a time, in threads, and no long queue for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from pwdlib import PasswordHash

from callcrm.agents import passwords
from callcrm.base.errors import TooMany
from callcrm.base.text import is_storable
from callcrm.base.threads import Threads

AT_ONCE = 2  # each takes 64 MB and two thirds of a processor's second at worst
MOST_WAITING = 40
_hasher = PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's password")


def _fits(password: str, hashed: str | None) -> bool:
    return _hasher.verify(password, hashed or _nobodys())


class Passwords:
    """The one place where the pages check and hash passwords."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether this is the password; it takes as long where there is none."""
        sound = len(password) <= passwords.MAX_LENGTH and is_storable(password)
        async with self._taking_turns():
            right = await self._threads.run(_fits, password if sound else "", hashed)
        return right and sound and hashed is not None

    async def hashed(self, password: str) -> str:
        """What is stored of a password; Refused if it is too short or too long."""
        async with self._taking_turns():
            return await self._threads.run(passwords.hash_password, password)

    @asynccontextmanager
    async def _taking_turns(self) -> AsyncIterator[None]:
        if self._inside >= MOST_WAITING:
            raise TooMany("many people are signing in at this moment: try again in a few seconds")
        self._inside += 1
        try:
            async with self._turn:
                yield
        finally:
            self._inside -= 1
