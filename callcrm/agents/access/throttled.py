"""The failure of an attempt that comes too soon."""

from callcrm.base.errors import TooMany


class Throttled(TooMany):
    """Too many attempts; `seconds` until the next may be made."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many attempts to sign in")
        self.seconds = seconds
