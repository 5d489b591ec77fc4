"""A store on a slow or failing disk: a COMMIT that has something to sync takes longer, or fails."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from callcrm.store.postgres.groups import GroupWriter
from callcrm.store.postgres.transactors import WriteTransactor
from callcrm.store.worker_session import WorkerSession
from tests.clocks import CLOCK

SlowCommit = Callable[[float], None]
Commit = Callable[[], None]


def _patch_commits(patch: pytest.MonkeyPatch, run: Callable[[Commit, WorkerSession], None]) -> None:
    """Has `run` do each COMMIT of a writer that has written something, on both engines."""
    execute = WorkerSession.execute
    changes: dict[WorkerSession, int] = {}

    def sqlite_commit(session: WorkerSession, sql: str) -> None:
        connection = session.driver_connection
        if sql == "BEGIN IMMEDIATE" and connection is not None:
            changes[session] = connection.total_changes
        if (
            sql == "COMMIT"
            and isinstance(connection, sqlite3.Connection)
            and (changes.get(session) != connection.total_changes)
        ):
            run(lambda: execute(session, sql), session)
        else:
            execute(session, sql)

    def postgres_commit(commit: Callable[[Any], None]) -> Callable[[Any], None]:
        def patched(writer: Any) -> None:
            session = writer._session
            if session.deferred_writes or session.scalar("SELECT pg_current_xact_id_if_assigned()::text"):
                run(lambda: commit(writer), session)
            else:
                commit(writer)

        return patched

    patch.setattr(WorkerSession, "execute", sqlite_commit)
    for writer in (WriteTransactor, GroupWriter):
        patch.setattr(writer, "_commit", postgres_commit(writer._commit))


def slow_commits(patch: pytest.MonkeyPatch) -> SlowCommit:
    """A function that has every COMMIT from now on take so many seconds more."""
    seconds: list[float] = [0.0]

    def late(commit: Commit, session: WorkerSession) -> None:
        commit()
        CLOCK.block(seconds[-1])

    _patch_commits(patch, late)
    return seconds.append


@contextmanager
def failing_commit(patch: pytest.MonkeyPatch, *, after: float, done: bool = False) -> Iterator[None]:
    """While the block lasts each COMMIT fails after so many seconds: the disk, or the connection, is gone.

    `done`: on PostgreSQL it has been carried out, only the server's answer is lost.
    """

    def fail(commit: Commit, session: WorkerSession) -> None:
        if done:
            commit()
        CLOCK.block(after)
        if isinstance(session.driver_connection, sqlite3.Connection):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        session.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with patch.context() as context:
        _patch_commits(context, fail)
        yield
