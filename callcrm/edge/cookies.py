"""Cookies of a request. All of ours are plain words: no value is ever quoted.

Starlette's own parser is not used: the standard library that it has quoted values read by takes the square of
their length up to Python 3.11.9 and 3.12.5 (CVE-2024-7592), 16 s of CPU for one head of 60 KB.
"""

from starlette.requests import HTTPConnection


def cookie(request: HTTPConnection, name: str) -> str:
    """The value of the cookie of this name as it was sent, the last of several; "" without one."""
    pairs = (pair.partition("=") for pair in ";".join(request.headers.getlist("cookie")).split(";"))
    return next((value.strip() for key, _, value in reversed(list(pairs)) if key.strip() == name), "")
