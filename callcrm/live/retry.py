"""Work that must go on whatever happens to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

QUIET = 60.0  # seconds between two complaints about the same work

log = logging.getLogger("callcrm.live")


async def steadily(work: Callable[[], Awaitable[None]], pause: float = 1.0) -> None:
    """Do the work again and again with a pause between, whether it ended or failed, until cancelled."""
    clock = asyncio.get_running_loop().time
    told = -QUIET
    while True:
        try:
            await work()
        except Exception as fault:
            if clock() >= told + QUIET:
                told = clock()
                log.warning("live events: %s, trying again", type(fault).__name__)
        await asyncio.sleep(pause)
