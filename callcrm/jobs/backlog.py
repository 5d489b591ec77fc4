"""What this process has caused and not done yet, so that whoever asks next can wait for it.

A call's end reaches the nouns by a job, a few milliseconds after the carrier was answered. Who reads at
once would not see its promise: reads wait, shortly, for the jobs that were committed before them.
"""

import asyncio
from collections.abc import Collection

from callcrm.store.enqueue import Enqueued

PATIENCE = 1.0  # seconds: a job that takes longer, or fails, holds nobody up


class Backlog:
    """The jobs of some kinds that were enqueued here and have not been attempted since."""

    def __init__(self, kinds: Collection[str]) -> None:
        self._kinds = frozenset(kinds)
        self._pending: dict[int, asyncio.Future[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Take up work in the running event loop."""
        self._loop = asyncio.get_running_loop()

    def enqueued(self, job: Enqueued) -> None:
        """A job was committed. Called from any thread."""
        if job.kind in self._kinds and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._add, job.id)

    def attempted(self, job_id: int) -> None:
        """A job was done, or failed and comes again later. Called in the event loop."""
        future = self._pending.pop(job_id, None)
        if future is not None and not future.done():
            future.set_result(None)

    async def caught_up(self) -> None:
        """Returns once every job enqueued before has been attempted, or after a second."""
        if self._pending:
            await asyncio.wait(list(self._pending.values()), timeout=PATIENCE)

    def _add(self, job_id: int) -> None:
        if self._loop is not None:
            self._pending.setdefault(job_id, self._loop.create_future())
            # Another process may have been faster, and tells us nothing.
            self._loop.call_later(PATIENCE, self.attempted, job_id)
