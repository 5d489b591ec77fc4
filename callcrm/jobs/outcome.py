"""How a handler says what is to become of its job, and what becomes of it when it says nothing."""

import random

FIRST_RETRY = 5.0
LONGEST_RETRY = 3600.0
MOST_ATTEMPTS = 20


class Retry(Exception):
    """Come again after so many seconds, as often as the handler likes; `reason` holds no personal data."""

    def __init__(self, after: float, reason: str = "asked to come again") -> None:
        super().__init__(reason)
        self.after = after


class Dead(Exception):
    """Never try again; `reason` is kept for people to see and holds no personal data."""


def back_off(attempts: int) -> float:
    """Seconds until the next try: doubling up to an hour, spread so that not all come at once."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(attempts - 1, 20)) * random.uniform(0.75, 1.25)


def described(error: BaseException) -> str:
    """What is kept of an error: of a stranger only its type, since its text may name people."""
    own = isinstance(error, Retry | Dead)
    return (str(error) if own else f"{type(error).__module__}.{type(error).__qualname__}")[:255]
