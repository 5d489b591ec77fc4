"""When tokens were last used: written now and then, behind the requests that use them."""

import asyncio
from functools import partial
from weakref import WeakKeyDictionary

import structlog

from callcrm.agents import tokens
from callcrm.api.http.context import Services
from callcrm.base.errors import CallcrmError, fault_fields
from callcrm.store.store import Store

log = structlog.get_logger()


class TokenUses:
    """Writes the last use of each token at most once a minute; no request waits for it."""

    def __init__(self, services: Services) -> None:
        self._clock = services.clock
        self._store = services.store
        self._written: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def record(self, token_id: str) -> None:
        """Has the use written, if this process has not done so within the last minute."""
        now, resolution = self._clock.monotonic(), tokens.USE_RESOLUTION.total_seconds()
        if now - self._written.get(token_id, -resolution) < resolution:
            return
        self._written[token_id] = now
        task = asyncio.create_task(self._write(token_id))
        self._tasks.add(task)  # the event loop holds its tasks weakly
        task.add_done_callback(self._tasks.discard)

    async def _write(self, token_id: str) -> None:
        try:
            await self._store.write(partial(tokens.record_use, token_id=token_id, now=self._clock.now()))
        except CallcrmError as fault:  # the store is away: the next use after a minute is written
            log.warning("the use of a token was not written", **fault_fields(fault))


_by_store: WeakKeyDictionary[Store, TokenUses] = WeakKeyDictionary()


def token_uses(services: Services) -> TokenUses:
    """The uses of tokens of this app."""
    uses = _by_store.get(services.store)
    if uses is None:
        uses = _by_store[services.store] = TokenUses(services)
    return uses
