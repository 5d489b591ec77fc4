"""Background work that must go on whatever happens to it."""

import logging
from collections.abc import Awaitable, Callable

from callcrm.base.clock import Clock

LOG_INTERVAL = 60.0  # seconds between two warnings about the same work

log = logging.getLogger("callcrm.live")


async def run_forever(work: Callable[[], Awaitable[None]], clock: Clock, pause: float = 1.0) -> None:
    """Runs `work` again and again, `pause` seconds apart, whether it returned or raised; until cancelled."""
    logged_at = clock.monotonic() - LOG_INTERVAL
    while True:
        try:
            await work()
        except Exception as fault:
            if clock.monotonic() >= logged_at + LOG_INTERVAL:
                logged_at = clock.monotonic()
                log.warning("live events: %s, trying again", type(fault).__name__)
        await clock.sleep(pause)
