"""A customer's history: every kind of entry on one timeline, newest first.

Each kind is asked for one page by its own index and the pages are merged, so that a page costs the
same however long the history is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, true, tuple_
from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.crm.noun import HistoryKind
from callcrm.views.customers.core_history_kinds import CORE

Kinds = Sequence[HistoryKind]
Conditions = Mapping[str, ColumnElement[bool]]
NONE: Conditions = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """One row in a history; `place` names it among all that happened at that time."""

    kind: HistoryKind
    at: datetime
    row: Any

    @property
    def place(self) -> str:
        """Where to go on from, together with `at`."""
        return f"{self.kind.name}:{self.row.id}"


def with_core(nouns: Kinds) -> tuple[HistoryKind, ...]:
    """All kinds in their order at one moment: the nouns' first, then notes, messages, recordings, calls."""
    return (*nouns, *CORE)


def history(
    session: Session,
    customer_id: str,
    kinds: Kinds,
    user: Principal,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
    only: Conditions = NONE,
) -> list[Entry]:
    """At most `limit` entries of these kinds that this user may see, from `since` to before `until`, newest
    first, going on `after` the time and place of an entry; of a kind in `only`, those for which that holds.
    """
    order = {kind.name: rank for rank, kind in enumerate(kinds)}
    streams = (
        _stream(
            session,
            kind,
            customer_id,
            [
                kind.visible(user),
                only.get(kind.name, true()),
                *_between(kind, since, until),
                *_behind(kind, order, after),
            ],
            limit,
        )
        for kind in kinds
    )
    merged = merge(*streams, key=lambda entry: (-entry.at.timestamp(), order[entry.kind.name]))
    return list(islice(merged, limit))


def by_kind(
    entries: Sequence[Entry], answer: Callable[[HistoryKind, Sequence[Any]], Sequence[Any]]
) -> dict[str, Any]:
    """By place: what `answer` makes of each row; asked once for all the rows of a kind."""
    answers: dict[str, Any] = {}
    for kind in {entry.kind.name: entry.kind for entry in entries}.values():
        own = [entry for entry in entries if entry.kind is kind]
        made = answer(kind, [entry.row for entry in own])
        answers |= zip((entry.place for entry in own), made, strict=True)
    return answers


def objects(session: Session, entries: Sequence[Entry]) -> dict[str, BaseModel]:
    """By place: each entry as the API answers with it."""
    return by_kind(entries, lambda kind, rows: kind.objects(session, rows))


def _stream(
    session: Session, kind: HistoryKind, customer_id: str, conditions: list[ColumnElement[bool]], limit: int
) -> list[Entry]:
    source = kind.source
    newest = source.rows.where(source.customer == customer_id, and_(*conditions)).order_by(
        source.at.desc(), source.id.desc()
    )
    return [Entry(kind, at, row) for row, at in session.execute(newest.limit(limit))]


def _between(
    kind: HistoryKind, since: datetime | None, until: datetime | None
) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield kind.source.at >= since
    if until is not None:
        yield kind.source.at < until


def _behind(
    kind: HistoryKind, order: Mapping[str, int], after: tuple[datetime, str] | None
) -> Iterator[ColumnElement[bool]]:
    """What comes after an entry, which may be of another kind: of its own moment, what ranks behind it."""
    if after is None:
        return
    at, place = after
    source, (other, _, row_id) = kind.source, place.partition(":")
    if other == kind.name:
        yield tuple_(source.at, source.id) < (at, row_id)
    elif order[kind.name] > order.get(other, len(order)):
        yield source.at <= at
    else:
        yield source.at < at
