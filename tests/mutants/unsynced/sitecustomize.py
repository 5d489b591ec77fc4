"""A broken build for the strace test: commits are not forced to the disk."""

from callcrm.store import sqlite

hasty = [pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in sqlite.PRAGMAS]
sqlite.PRAGMAS = tuple(hasty)  # type: ignore[assignment]  # of another length
