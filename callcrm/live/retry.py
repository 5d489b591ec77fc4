"""Background work that must go on whatever happens to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

LOG_INTERVAL = 60.0  # seconds between two warnings about the same work

log = logging.getLogger("callcrm.live")


async def run_forever(work: Callable[[], Awaitable[None]], pause: float = 1.0) -> None:
    """Runs `work` again and again, `pause` seconds apart, whether it returned or raised; until cancelled."""
    clock = asyncio.get_running_loop().time
    logged_at = -LOG_INTERVAL
    while True:
        try:
            await work()
        except Exception as fault:
            if clock() >= logged_at + LOG_INTERVAL:
                logged_at = clock()
                log.warning("live events: %s, trying again", type(fault).__name__)
        await asyncio.sleep(pause)
