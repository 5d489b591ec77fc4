"""How a handler says what becomes of its job, and how long a failed job waits for its next attempt."""

import random

from callcrm.base.errors import fault_fields

FIRST_BACKOFF = 5.0  # seconds
MAX_BACKOFF = 3600.0
MAX_ATTEMPTS = 20


class Retry(Exception):
    """Run the job again in so many seconds; this counts as no attempt. `reason` holds no personal data."""

    def __init__(self, seconds: float, reason: str = "asked to come again") -> None:
        super().__init__(reason)
        self.seconds = seconds


class GiveUp(Exception):
    """Never run the job again; its row stays, with `reason` for people to see and no personal data in it."""


def backoff(attempts: int) -> float:
    """Seconds until the next attempt: doubling up to an hour, with jitter so that not all come at once."""
    return min(MAX_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts - 1, 20)) * random.uniform(0.75, 1.25)


def error_fields(error: BaseException) -> dict[str, str]:
    """What a log line says of a failed attempt: what is stored of it, and the cause where it is known."""
    cause = {name: value for name, value in fault_fields(error).items() if name == "cause"}
    return {"error": describe_error(error), **cause}


def describe_error(error: BaseException) -> str:
    """What is stored of an error: the reason of a Retry or GiveUp, of any other its type alone, since its
    text may hold personal data.
    """
    own = isinstance(error, Retry | GiveUp)
    return (str(error) if own else f"{type(error).__module__}.{type(error).__qualname__}")[:255]
