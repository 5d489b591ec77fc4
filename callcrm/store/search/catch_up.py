"""The full-text index is written after the rows: triggers note what is due, and here it is taken in.

A search finds whatever was committed before it began. So one that meets something due takes it in first. A
reader, which cannot write, raises IndexBehind: whoever runs it takes in what is due, and lets it read again.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, TextClause, text
from sqlmodel import Session

from callcrm.store.derived import search_postgres, search_sqlite
from callcrm.store.derived.search_sources import CALLS_OF, SOURCES

T = TypeVar("T")
BATCH = 100  # rows of search_due: on SQLite everybody who writes waits for the batch
SNAPSHOT = "search_snapshot"  # the key in `session.info` of what a reader knows of the index
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('callcrm search index'))")
DUE = text("SELECT id, kind, subject_id FROM search_due ORDER BY id LIMIT :most")
# PostgreSQL takes an array, SQLite one subject after the other.
IS_SUBJECT = {"sqlite": "= :subject", "postgresql": "= ANY(:subjects)"}
MERGE_SOME = text(search_sqlite.MERGE_SOME)
DONE = {
    "sqlite": text("DELETE FROM search_due WHERE id = :subject"),
    "postgresql": text("DELETE FROM search_due WHERE id = ANY(:subjects)"),
}


def _statements(dialect: str, kind: str) -> list[TextClause]:
    """What takes in subjects of a kind."""
    subject = IS_SUBJECT[dialect]
    if kind == CALLS_OF:
        calls = f"SELECT 'call', call.id FROM call WHERE customer_id {subject}"  # noqa: S608  # our own words
        return [text(f"INSERT INTO search_due (kind, subject_id) {calls}")]
    rows = f'SELECT 1 FROM "{SOURCES[kind].table}" t WHERE t.id = search_entry.subject_id'  # noqa: S608
    gone = f"DELETE FROM search_entry WHERE kind = '{kind}' AND subject_id {subject} AND NOT EXISTS ({rows})"  # noqa: S608
    refresh = [search_sqlite.refresh(kind)] if dialect == "sqlite" else search_postgres.refresh(kind)
    return [text(sql) for sql in (*refresh, gone)]


STATEMENTS = {
    (dialect, kind): _statements(dialect, kind) for dialect in IS_SUBJECT for kind in (*SOURCES, CALLS_OF)
}


class IndexBehind(Exception):
    """The index lacks something committed, and this session may not write."""


@dataclass(slots=True)
class Snapshot:
    """What a reader knows of the index, all of whose statements see one state: whether all that has to be
    found is in it, and the words that begin with what was typed.
    """

    is_current: bool
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


def is_current(session: Session) -> bool:
    """Whether everything committed is in the index."""
    return session.connection().execute(DUE, {"most": 1}).first() is None


def require_current(session: Session) -> None:
    """Takes in what is due before a search; IndexBehind in a session that may not write."""
    seen: Snapshot | None = session.info.get(SNAPSHOT)
    if seen is None:
        while not is_current(session):
            catch_up(session)
    elif not seen.is_current and not is_current(session):
        raise IndexBehind("The index is behind.")
    else:
        seen.is_current = True


def reading(verb: Callable[[Session], T], *, current: bool = False) -> Callable[[Session], T]:
    """The verb as a reader runs it. `current`: what was due when the reader was called has been taken in, and
    what was committed since need not be found.
    """

    def read(session: Session) -> T:
        session.info[SNAPSHOT] = Snapshot(current)
        try:
            return verb(session)
        finally:
            del session.info[SNAPSHOT]

    return read


def catch_up(session: Session) -> bool:
    """Takes in a batch of what is due; whether there may be more. One does it at a time: of two that read the
    same rows, the one who read them first might write last.
    """
    connection = session.connection()
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(LOCK)
    rows = connection.execute(DUE, {"most": BATCH}).all()
    due: dict[str, dict[str, None]] = defaultdict(dict)
    for _id, kind, subject in rows:
        due[kind][subject] = None
    for kind, subjects in due.items():
        for statement in STATEMENTS[dialect, kind]:
            _run(connection, statement, list(subjects))
    if rows:
        _run(connection, DONE[dialect], [row[0] for row in rows])
        if dialect == "sqlite":
            connection.execute(MERGE_SOME)
    return len(rows) == BATCH or CALLS_OF in due


def _run(connection: Connection, statement: TextClause, subjects: Sequence[object]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(statement, [{"subject": subject} for subject in subjects])
    else:
        connection.execute(statement, {"subjects": list(subjects)})
