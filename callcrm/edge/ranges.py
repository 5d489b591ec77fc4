"""Which bytes of something a request is for (RFC 9110, 14)."""

import re

MOST_PARTS = 16
ONE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """None of these bytes can be had; `size` is how many there are."""

    def __init__(self, size: int) -> None:
        super().__init__(f"bytes */{size}")
        self.size = size


def wanted(header: str | None, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last, or None for all of it; Unsatisfiable for what can't be had.

    Several ranges at once are answered with everything, as the RFC allows; absurdly many are refused.
    """
    if header is None:
        return None
    if header.count(",") >= MOST_PARTS:
        raise Unsatisfiable(size)
    found = ONE.fullmatch(header)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= end:
        raise Unsatisfiable(size)
    return start, end
