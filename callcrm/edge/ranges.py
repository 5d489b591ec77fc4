"""The Range header of HTTP (RFC 9110, 14)."""

import re

MAX_PARTS = 16
BYTE_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """None of the bytes asked for exist (status 416); `size` is how many do."""

    def __init__(self, size: int) -> None:
        super().__init__(f"bytes */{size}")
        self.size = size


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start (inclusive) and end (exclusive) of the bytes asked for, of `size`; None for all of them.

    A malformed header, and one with several ranges, stands for all of them, as the RFC allows. Unsatisfiable
    for a range beyond the end, and for absurdly many ranges.
    """
    if header is None:
        return None
    if header.count(",") >= MAX_PARTS:
        raise Unsatisfiable(size)
    match = BYTE_RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    # `-500` are the last 500 bytes; `last` is inclusive.
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < int(first):
        return None
    if start >= end:
        raise Unsatisfiable(size)
    return start, end
