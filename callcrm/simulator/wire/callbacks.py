"""Callbacks whose response changes nothing: sent in order and one by one, or as chaos will have it."""

import asyncio

from callcrm.simulator.clock import Clock
from callcrm.simulator.wire.chaos import Chaos
from callcrm.simulator.wire.webhooks import WebhookClient, WebhookRequest


class Callbacks:
    """Sends status, recording and message callbacks without ever holding up a call."""

    def __init__(self, webhooks: WebhookClient, clock: Clock, chaos: Chaos) -> None:
        self.chaos = chaos
        self._webhooks = webhooks
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}

    def send(self, request: WebhookRequest, order_key: str, chaos_key: str) -> None:
        """Send it soon, as often and as late as chaos says for `chaos_key`.

        Callbacks of one `order_key` (a root call's or a message's SID) keep their order unless shuffled.
        """
        for delay in self.chaos.delivery_delays(chaos_key):
            self._clock.spawn(self._deliver(request, order_key, delay))

    async def _deliver(self, request: WebhookRequest, order_key: str, delay: float) -> None:
        if delay:
            await self._clock.sleep(delay)
        if not self.chaos.in_order:
            await self._webhooks.send(request)
            return
        async with self._locks.setdefault(order_key, asyncio.Lock()):
            await self._webhooks.send(request)
