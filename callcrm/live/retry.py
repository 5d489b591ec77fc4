"""Background work that must go on whatever happens to it."""

from collections.abc import Awaitable, Callable

import structlog

from callcrm.base.clock import Clock
from callcrm.base.errors import fault_fields
from callcrm.store.errors import translate_error

LOG_INTERVAL = 60.0  # seconds between two warnings about the same work

log = structlog.get_logger()


async def run_forever(work: Callable[[], Awaitable[None]], clock: Clock, pause: float = 1.0) -> None:
    """Runs `work` again and again, `pause` seconds apart, whether it returned or raised; until cancelled."""
    logged_at = clock.monotonic() - LOG_INTERVAL
    while True:
        try:
            await work()
        except Exception as fault:
            if clock.monotonic() >= logged_at + LOG_INTERVAL:
                logged_at = clock.monotonic()
                log.warning("live updates are interrupted", **fault_fields(translate_error(fault)))
        await clock.sleep(pause)
