"""Password hashing for pages: slow by design, so a few at a time in threads, with a short queue."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache

from callcrm.agents import passwords
from callcrm.agents.access.weak_passwords import WeakPassword
from callcrm.base.errors import Refused, TooMany
from callcrm.base.text import is_storable
from callcrm.base.threads import Threads

# Each takes 64 MB and two thirds of a processor's second at worst.
MAX_CONCURRENT, MAX_WAITING = 1, 40  # of unknown browsers: a flood of logins fills their lane alone
MAX_CONCURRENT_KNOWN, MAX_WAITING_KNOWN = 2, 200  # of those signed in, or in a browser known to the user


@cache
def _dummy_hash() -> str:
    return passwords.HASHER.hash("nobody's password")


def _verify(password: str, hashed: str | None) -> bool:
    return passwords.HASHER.verify(password, hashed or _dummy_hash())


class Lane:
    """A queue for the hasher, of bounded length."""

    def __init__(self, concurrent: int, waiting: int) -> None:
        self._slots = asyncio.Semaphore(concurrent)
        self.max_waiting = waiting
        self._pending = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the queue; TooMany if it is full."""
        if self._pending >= self.max_waiting:
            raise TooMany("many people are signing in at this moment: try again in a few seconds")
        self._pending += 1
        try:
            yield
        finally:
            self._pending -= 1

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One of the few at a time, for whoever has a place."""
        async with self._slots:
            yield


class Passwords:
    """Checks and hashes passwords for all pages."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self.unknown_browsers = Lane(MAX_CONCURRENT, MAX_WAITING)
        self.known_browsers = Lane(MAX_CONCURRENT_KNOWN, MAX_WAITING_KNOWN)

    async def verify(self, password: str, hashed: str | None, *, lane: Lane | None = None) -> bool:
        """Whether the password matches the hash; takes as long if there is no hash. `lane` is one in which
        the caller has a place; without it, this takes one among the known browsers.
        """
        acceptable = len(password) <= passwords.MAX_LENGTH and is_storable(password)
        async with lane.slot() if lane else self._known_slot():
            correct = await self._threads.run(_verify, password if acceptable else "", hashed)
        return correct and acceptable and hashed is not None

    async def hashed(self, password: str, words: Collection[str]) -> str:
        """The hash to store; Refused for a password too short or too long, or one that would be guessed:
        `words` are those it must not be made of.
        """
        async with self._known_slot():
            return await self._threads.run(passwords.hash_password, password, words)

    @asynccontextmanager
    async def _known_slot(self) -> AsyncIterator[None]:
        async with self.known_browsers.place(), self.known_browsers.slot():
            yield


def problem_of(fault: Refused) -> str:
    """The word by which templates say why a new password was refused."""
    return fault.why if isinstance(fault, WeakPassword) else "unfit"
