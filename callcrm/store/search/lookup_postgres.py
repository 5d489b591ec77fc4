"""PostgreSQL's side of finding, in two ways, since GIN does not yield in the order of ids.

What is frequent is met soon by walking along the entries from the newest; what is rare is read from GIN, all
of it, and sorted. The planner can't choose: it takes two words for independent that never come together, and
walks to the end. So a first stretch is walked in any case, and shows which it is.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, bindparam, text
from sqlmodel import Session

from callcrm.store.search.query import Query, to_tsquery

STRETCH = 1000  # entries: a millisecond
LONGEST_WALK = 8_000  # entries
ENOUGH = 100  # matches, which a walk of that length is expected to come to
FIRST_BATCH, GROWTH, LARGEST_BATCH = 500, 4, 8000
_WALK = """
    SELECT count(*), {end}(id), array_agg(id) FILTER (WHERE hit), array_agg(subject_id) FILTER (WHERE hit)
    FROM (
        SELECT id, subject_id, vector @@ CAST(:query AS tsquery) AS hit FROM search_entry
        WHERE kind = :kind AND id BETWEEN :first AND :last ORDER BY id {way} LIMIT :most
    ) AS walked
"""
# An order by an expression that no index has: so it is GIN's to find them.
_RARE = """
    SELECT id, subject_id FROM search_entry
    WHERE vector @@ CAST(:query AS tsquery) AND kind || '' = :kind AND id + 0 BETWEEN :first AND :last
    ORDER BY id + 0 {way} LIMIT :most
"""
BOUNDS = (bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger))
WALKS = {
    back: text(_WALK.format(way="ASC" if back else "DESC", end="max" if back else "min")).bindparams(*BOUNDS)
    for back in (False, True)
}
RARE = {back: text(_RARE.format(way="ASC" if back else "DESC")).bindparams(*BOUNDS) for back in (False, True)}
# Neither a scan of the whole table, nor compiling and sharing out what takes milliseconds.
BY_INDEX = text("""
    SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true), set_config('work_mem', '16MB', true)
""")
_AS_EVER = text("SELECT set_config('enable_seqscan', 'on', true)")
Entries = list[tuple[int, str]]


def matches(
    session: Session, kind: str, query: Query, ids: tuple[int, int], *, back: bool
) -> Iterator[Entries]:
    """The ids and subjects of what matches between two ids, in batches; descending, with `back` ascending."""
    (first, last), words = ids, to_tsquery(query)
    walked = hits = 0
    while walked < LONGEST_WALK and hits * LONGEST_WALK >= ENOUGH * walked:
        values = _values(kind, words, first, last, max(STRETCH, walked))
        count, end, *columns = session.connection().execute(WALKS[back], values).one()
        entries = sorted(zip(*(column or () for column in columns), strict=True), reverse=not back)
        if entries:
            yield entries
        if count < values["most"]:
            return
        walked, hits = walked + count, hits + len(entries)
        first, last = (end + 1, last) if back else (first, end - 1)
    yield from _rare(session, _values(kind, words, first, last, FIRST_BATCH), back=back)


def _values(kind: str, words: str, first: int, last: int, most: int) -> dict[str, Any]:
    return {"kind": kind, "query": words, "first": first, "last": last, "most": most}


def _rare(session: Session, values: dict[str, Any], *, back: bool) -> Iterator[Entries]:
    while True:
        session.connection().execute(BY_INDEX)
        rows = session.connection().execute(RARE[back], values).all()
        session.connection().execute(_AS_EVER)
        if rows:
            yield [(row[0], row[1]) for row in rows]
        if len(rows) < values["most"]:
            return
        values["first" if back else "last"] = rows[-1][0] + (1 if back else -1)
        values["most"] = min(values["most"] * GROWTH, LARGEST_BATCH)
