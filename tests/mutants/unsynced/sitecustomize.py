"""A broken build for the strace test: commits are not forced to the disk."""

from callcrm.store import sqlite

hasty = [one.replace("synchronous=FULL", "synchronous=OFF") for one in sqlite.PRAGMAS]
sqlite.PRAGMAS = tuple(hasty)  # type: ignore[assignment]
