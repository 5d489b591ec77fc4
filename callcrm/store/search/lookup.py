"""Finding: what matches a query, newest first, read in batches so that it stops when there is enough."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any, TypeVar

from sqlalchemy import BigInteger, TextClause, bindparam, text, tuple_
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from callcrm.store.derived.search_sources import SOURCES
from callcrm.store.search.query import Query, to_fts5, to_tsquery, without_numbers

Row = TypeVar("Row")
Key = tuple[datetime, str]
SHIFT = 28
FIRST_BATCH, GROWTH, LARGEST_BATCH = 100, 3, 5000
LATEST = (1 << 62) - 1
PLAIN_ID = re.compile(r"[a-z0-9_]{1,40}")

_FTS5 = """
    SELECT e.id, e.subject_id FROM search_fts JOIN search_entry e ON e.id = search_fts.rowid
    WHERE search_fts MATCH :query AND search_fts.rowid BETWEEN :first AND :last
    ORDER BY search_fts.rowid {way} LIMIT :most
"""
_TSVECTOR = """
    SELECT id, subject_id FROM search_entry
    WHERE kind = :kind AND vector @@ CAST(:query AS tsquery) AND id BETWEEN :first AND :last
    ORDER BY id {way} LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time; None is without end. Both ends may hold entries a second outside of it."""

    since: datetime | None = None
    until: datetime | None = None

    def newer(self, than: datetime) -> "Span":
        """The part of it since this time."""
        return Span(max(than, self.since or than), self.until)

    def older(self, than: datetime) -> "Span":
        """The part of it until this time."""
        return Span(self.since, min(than, self.until or than))

    def ids(self) -> tuple[int, int]:
        """The first and the last id an entry of this time may have."""
        first = floor(self.since.timestamp()) << SHIFT if self.since else 0
        last = ((floor(self.until.timestamp()) + 1) << SHIFT) - 1 if self.until else LATEST
        return max(0, first), max(0, last)


def customer_token(customer_id: str) -> list[str]:
    """The token of a customer's calls, none for an id that is no word."""
    return [customer_id.replace("_", "")] if PLAIN_ID.fullmatch(customer_id) else []


def batches(
    session: Session, kind: str, query: Query, span: Span | None = None, *, back: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The ids of what matches, batch by batch, newest first, or with `back` oldest first; each batch with the
    second in which its last one lies.
    """
    if SOURCES[kind].numbers == "NULL":
        query = without_numbers(query)
    first, last = (span or Span()).ids()
    size = FIRST_BATCH
    statement, words = _statement(session, kind, query, back=back)
    while query and first <= last:
        values = {"kind": kind, "query": words, "first": first, "last": last, "most": size}
        rows = session.connection().execute(statement, values).all()
        if not rows:
            return
        yield rows[-1][0] >> SHIFT, [row[1] for row in rows]
        if len(rows) < size:
            return
        if back:
            first = rows[-1][0] + 1
        else:
            last = rows[-1][0] - 1
        size = min(size * GROWTH, LARGEST_BATCH)


def _statement(session: Session, kind: str, query: Query, *, back: bool) -> tuple[TextClause, str]:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    sql = (_FTS5 if on_sqlite else _TSVECTOR).format(way="ASC" if back else "DESC")
    bounds = (bindparam("first", type_=BigInteger), bindparam("last", type_=BigInteger))
    statement = text(sql).bindparams(*bounds)
    if not query:
        return statement, ""
    return statement, to_fts5(query.and_also(kind)) if on_sqlite else to_tsquery(query)


def newest(
    session: Session,
    kind: str,
    query: Query,
    load: Callable[[list[str]], Sequence[Row]],
    key: Callable[[Row], Key],
    *,
    limit: int,
    span: Span | None = None,
    back: bool = False,
) -> list[Row]:
    """At most `limit` matching rows, newest first by their time and id, or with `back` oldest first. `load`
    returns those of the ids that are wanted, in any order.
    """
    rows: list[Row] = []
    for second, ids in batches(session, kind, query, span, back=back):
        rows += load(ids)
        if len(rows) < limit:
            continue
        rows.sort(key=key, reverse=not back)
        last = floor(key(rows[limit - 1])[0].timestamp())
        if last < second if back else last > second:  # those of one second come in no order
            break
    return sorted(rows, key=key, reverse=not back)[:limit]


def page(
    session: Session,
    kind: str,
    query: Query | None,
    statement: SelectOfScalar[Row],
    columns: tuple[Any, Any],
    *,
    after: Key | None,
    limit: int,
    span: Span | None = None,
    back: bool = False,
) -> list[Row]:
    """A page of the rows of a statement that match: at most `limit`, newest first, older than the time and id
    `after`, or with `back` newer, oldest first. `columns` are the model's time and id. None filters nothing.
    """
    span = span or Span()
    if after is not None:
        position = tuple_(*map(col, columns))
        statement = statement.where(position > after if back else position < after)
        span = span.newer(after[0]) if back else span.older(after[0])
    if query is None:
        ordered = statement.order_by(*(col(column) if back else col(column).desc() for column in columns))
        return list(session.exec(ordered.limit(limit)))
    names = [column.key for column in columns]
    return newest(
        session,
        kind,
        query,
        lambda ids: session.exec(statement.where(col(columns[1]).in_(ids))).all(),
        lambda row: (getattr(row, names[0]), getattr(row, names[1])),
        limit=limit,
        span=span,
        back=back,
    )
