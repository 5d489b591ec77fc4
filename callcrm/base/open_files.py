"""How many files this process may have open, and how many connections that leaves room for."""

import resource
from contextlib import suppress

RESERVED = 200  # files that are no connections: of the store, the spool, recordings, the carrier's API
MOST_CONNECTIONS = 20_000
LEAST_CONNECTIONS = 50


def raise_file_limit() -> None:
    """Lets this process, and those it starts, have as many files open as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # some systems name a hard limit that they do not allow
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def connection_limit() -> int:
    """How many connections this process serves at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - RESERVED
    return max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, files))
