"""Callbacks that nobody listens to: told in order one by one, or as chaos will have it."""

import asyncio

from callcrm.simulator.clock import Clock
from callcrm.simulator.wire.chaos import Chaos
from callcrm.simulator.wire.webhooks import Errand, Webhooks


class Callbacks:
    """Sends status, recording and message callbacks without ever holding up a call."""

    def __init__(self, web: Webhooks, clock: Clock, chaos: Chaos) -> None:
        self.chaos = chaos
        self._web = web
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}

    def send(self, errand: Errand, thread: str, key: str) -> None:
        """Send it soon; callbacks of one thread (a root call, a message) keep their order unless shuffled."""
        for delay in self.chaos.deliveries(key):
            self._clock.spawn(self._deliver(errand, thread, delay))

    async def _deliver(self, errand: Errand, thread: str, delay: float) -> None:
        if delay:
            await self._clock.sleep(delay)
        if not self.chaos.orderly:
            await self._web.run(errand)
            return
        async with self._turns.setdefault(thread, asyncio.Lock()):
            await self._web.run(errand)
