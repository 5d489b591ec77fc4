"""Finding: what matches a query, newest first, read in batches so that it stops when there is enough."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any, TypedDict, TypeVar

from sqlalchemy import ColumnElement, select, tuple_
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from callcrm.store.derived.search_sources import SOURCES
from callcrm.store.search import lookup_postgres, lookup_sqlite
from callcrm.store.search.catch_up import require_current
from callcrm.store.search.query import Query, Token, without_numbers
from callcrm.store.search.spelling import spelt_out

Row = TypeVar("Row")
Key = tuple[datetime, str]
SHIFT = 28
LATEST = (1 << 62) - 1
FIRST_BATCH, GROWTH, LARGEST_BATCH = 100, 3, 5000  # ids
STRETCH = 3000  # rows that are gone through for those with a rare value, before the index is asked


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


class Paging(TypedDict):
    """Which page: at most `limit` rows behind the time and id `after`, of this span of time; with `back` the
    newer ones.
    """

    after: Key | None
    limit: int
    span: Span
    back: bool


def same_values(pairs: Iterable[tuple[Any, str | None]], *, by_id: bool) -> Iterator[ColumnElement[bool]]:
    """The conditions that columns have these values; None makes none. `by_id`: rows are read by their ids and
    no other index is used: SQLite takes any value of a column for rare, and would read all rows that have it.
    """
    for column, value in pairs:
        if value is not None:
            yield (col(column).concat("") if by_id else col(column)) == value


def batches(
    session: Session, kind: str, query: Query, span: Span | None = None, *, back: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """The ids of what matches, batch by batch, newest first, or with `back` oldest first; each batch with the
    second in which its last one lies.
    """
    require_current(session)
    if SOURCES[kind].numbers is None:
        query = without_numbers(query)
    query = spelt_out(session, query)
    if not query.is_narrowed:
        query = query.and_also((Token(kind),))
    first, last = (span or Span()).ids()
    if not query or first > last:
        return
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    matches = (lookup_sqlite if on_sqlite else lookup_postgres).matches
    size = FIRST_BATCH
    for entries in matches(session, kind, query, (first, last), back=back):
        while entries:
            batch, entries = entries[:size], entries[size:]
            yield batch[-1][0] >> SHIFT, [subject for _id, subject in batch]
            size = min(size * GROWTH, LARGEST_BATCH)


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


def sparse_page(
    session: Session,
    kind: str,
    filters: Query,
    statement: SelectOfScalar[Row],
    by_id: SelectOfScalar[Row],
    columns: tuple[Any, Any],
    *,
    after: Key | None,
    limit: int,
    span: Span,
    back: bool = False,
) -> list[Row]:
    """The same, without words, of rows that may be few among many, as those with a rare value are: the
    nearest STRETCH rows are gone through, and beyond them the index knows which have the values of `filters`.
    `by_id` is the statement for rows that are read by their ids.
    """
    edge = _edge(session, columns, after, span, back=back)
    if edge is not None:
        position = tuple_(*map(col, columns))
        statement = statement.where(position <= edge if back else position >= edge)
    rows = page(session, kind, None, statement, columns, after=after, limit=limit, back=back)
    if edge is None or len(rows) == limit:
        return rows
    rest = limit - len(rows)
    return rows + page(session, kind, filters, by_id, columns, after=edge, limit=rest, span=span, back=back)


def _edge(
    session: Session, columns: tuple[Any, Any], after: Key | None, span: Span, *, back: bool
) -> Key | None:
    """The time and id of the last row of the stretch; None where there are no more rows than that."""
    at, position = col(columns[0]), tuple_(*map(col, columns))
    statement = select(*map(col, columns))
    if after is not None:
        statement = statement.where(position > after if back else position < after)
    if span.since is not None:
        statement = statement.where(at >= span.since)
    if span.until is not None:
        statement = statement.where(at < span.until)
    ordered = statement.order_by(*(col(column) if back else col(column).desc() for column in columns))
    row = session.execute(ordered.offset(STRETCH - 1).limit(1)).first()
    return None if row is None else (row[0], row[1])
