"""A customer's history: calls, notes, recordings, messages and promises on one timeline, newest first.

Each kind is asked for one page by its own index and the pages are merged, so that a page costs the
same however long the history is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, select, true, tuple_
from sqlmodel import Session, col

from callcrm.models import Call, Message, Note, Promise, Recording

Item = Call | Note | Recording | Message | Promise


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries of a kind come from: their rows, time and id, and whose they are."""

    rows: Any
    at: Any
    id: Any
    customer: Any


def _source(model: Any, at: Any) -> Source:
    return Source(select(model, at), at, model.id, model.customer_id)


# At the same moment, the first of these comes first. A recording has its call's time, and so its place
# beside it: an index finds the newest even among a hundred thousand.
SOURCES = {
    "promise": _source(Promise, Promise.created_at),
    "note": _source(Note, Note.created_at),
    "message": _source(Message, Message.created_at),
    "recording": Source(
        select(Recording, col(Call.started_at)).join(Call, col(Call.id) == col(Recording.call_id)),
        Call.started_at,
        Recording.id,
        Call.customer_id,
    ),
    "call": _source(Call, Call.started_at),
}
KINDS = tuple(SOURCES)
RANK = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a history; `place` names it among all that happened at that time."""

    kind: str
    at: datetime
    item: Item

    @property
    def place(self) -> str:
        """Where to go on from, together with `at`."""
        return f"{self.kind}:{self.item.id}"


def history(
    session: Session,
    customer_id: str,
    *,
    kinds: Collection[str] = KINDS,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
    only: Mapping[str, ColumnElement[bool]] = MappingProxyType({}),
) -> list[Entry]:
    """At most `limit` entries of these kinds from `since` to before `until`, newest first, going on
    `after` the time and place of an entry; of a kind in `only`, those for which that holds.
    """
    streams = (
        _stream(
            session,
            kind,
            customer_id,
            [*_between(kind, since, until), *_behind(kind, after), only.get(kind, true())],
            limit,
        )
        for kind in KINDS
        if kind in kinds
    )
    return list(islice(merge(*streams, key=_order), limit))


def _stream(
    session: Session, kind: str, customer_id: str, conditions: list[ColumnElement[bool]], limit: int
) -> list[Entry]:
    source = SOURCES[kind]
    newest = source.rows.where(source.customer == customer_id, *conditions).order_by(
        source.at.desc(), source.id.desc()
    )
    return [Entry(kind, at, row) for row, at in session.execute(newest.limit(limit))]


def _between(kind: str, since: datetime | None, until: datetime | None) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield SOURCES[kind].at >= since
    if until is not None:
        yield SOURCES[kind].at < until


def _behind(kind: str, after: tuple[datetime, str] | None) -> Iterator[ColumnElement[bool]]:
    """What comes after an entry, which may be of another kind: of its own moment, what ranks behind it."""
    if after is None:
        return
    at, place = after
    source, (other, _, item) = SOURCES[kind], place.partition(":")
    if other == kind:
        yield tuple_(source.at, source.id) < (at, item)
    elif RANK[kind] > RANK.get(other, len(KINDS)):
        yield source.at <= at
    else:
        yield source.at < at


def _order(entry: Entry) -> tuple[float, int]:
    return -entry.at.timestamp(), RANK[entry.kind]
