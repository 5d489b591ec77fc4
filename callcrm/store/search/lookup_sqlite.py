"""SQLite's side of finding: FTS5 yields in the order of ids, and stops at the limit."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlmodel import Session

from callcrm.store.search.query import Query, to_fts5

FIRST_BATCH, GROWTH, LARGEST_BATCH = 100, 3, 5000
_MATCHES = """
    SELECT e.id, e.subject_id FROM search_fts JOIN search_entry e ON e.id = search_fts.rowid
    WHERE search_fts MATCH :query AND search_fts.rowid BETWEEN :first AND :last
    ORDER BY search_fts.rowid {way} LIMIT :most
"""
_NEWEST, _OLDEST = text(_MATCHES.format(way="DESC")), text(_MATCHES.format(way="ASC"))


def matches(
    session: Session, _kind: str, query: Query, ids: tuple[int, int], *, back: bool
) -> Iterator[list[tuple[int, str]]]:
    """The ids and subjects of what matches between two ids, in batches; descending, with `back` ascending."""
    (first, last), size, words = ids, FIRST_BATCH, to_fts5(query)
    while True:
        values = {"query": words, "first": first, "last": last, "most": size}
        rows = session.connection().execute(_OLDEST if back else _NEWEST, values).all()
        if rows:
            yield [(row[0], row[1]) for row in rows]
        if len(rows) < size:
            return
        if back:
            first = rows[-1][0] + 1
        else:
            last = rows[-1][0] - 1
        size = min(size * GROWTH, LARGEST_BATCH)
