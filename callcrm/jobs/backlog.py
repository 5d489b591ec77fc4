"""Jobs this process has enqueued and that have not run yet, so that a reader can wait for them.

The end of a call reaches the nouns by a job, a few milliseconds after the carrier was answered. A request
right after it would not see the call's promise: reads wait, shortly, for jobs committed before them.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from callcrm.base.clock import Clock
from callcrm.store.enqueue import Enqueued

MAX_WAIT = 1.0  # seconds: a job that takes longer, or fails, holds nobody up


class Backlog:
    """The jobs of these kinds that were enqueued by this process and have not been attempted since."""

    def __init__(self, kinds: Collection[str], clock: Clock) -> None:
        self._kinds = frozenset(kinds)
        self._clock = clock
        self._pending: dict[int, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Watches from now on, in the running event loop."""
        self._loop = asyncio.get_running_loop()

    def enqueued(self, job: Enqueued) -> None:
        """Adds a job that was committed; may be called from any thread."""
        if job.kind in self._kinds and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add, job.id)

    def attempted(self, job_id: int) -> None:
        """Removes a job that ran, whether it is done or comes again; called in the event loop."""
        future = self._pending.pop(job_id, None)
        if future is not None and not future.done():
            future.set_result(None)

    async def caught_up(self) -> None:
        """Returns once every job enqueued before has been attempted, or after a second."""
        if self._pending:
            with suppress(TimeoutError):
                async with self._clock.timeout(MAX_WAIT):
                    # Cancelled, it leaves the futures as they are: others wait for them too.
                    await asyncio.wait(list(self._pending.values()))

    def _add(self, job_id: int) -> None:
        if self._loop is not None:
            self._pending.setdefault(job_id, self._loop.create_future())
            # Another process may have run it, of which we get no word.
            self._clock.call_later(MAX_WAIT, self.attempted, job_id)
