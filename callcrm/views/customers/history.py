"""A customer's history: entries of every kind on one timeline, newest first.

Each kind is read one page deep by its own index and the pages are merged, so that a page costs the same
however long the history is.
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
from callcrm.crm.noun import HistoryKind, Reader
from callcrm.views.customers.core_history_kinds import CORE

Kinds = Sequence[HistoryKind]
Conditions = Mapping[str, ColumnElement[bool]]
NONE: Conditions = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of a history; `place` orders entries of the same time."""

    kind: HistoryKind
    at: datetime
    row: Any

    @property
    def place(self) -> str:
        """Kind and id: with `at`, the place to continue from."""
        return f"{self.kind.name}:{self.row.id}"


def with_core(nouns: Kinds) -> tuple[HistoryKind, ...]:
    """All kinds, in the order of their entries at the same moment: the nouns', then notes, messages,
    recordings, calls.
    """
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
) -> list[HistoryRow]:
    """At most `limit` entries of these kinds that the user may see, newest first, with `since` <= time <
    `until`.

    `after` is the time and place of the entry to continue behind; `only` has further conditions by kind.
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
    entries: Sequence[HistoryRow], answer: Callable[[HistoryKind, Sequence[Any]], Sequence[Any]]
) -> dict[str, Any]:
    """By place: what `answer` makes of each row; it is called once for all rows of a kind."""
    answers: dict[str, Any] = {}
    for kind in {entry.kind.name: entry.kind for entry in entries}.values():
        own = [entry for entry in entries if entry.kind is kind]
        made = answer(kind, [entry.row for entry in own])
        answers |= zip((entry.place for entry in own), made, strict=True)
    return answers


def objects(session: Session, reader: Reader, entries: Sequence[HistoryRow]) -> dict[str, BaseModel]:
    """By place: each entry as an object of the API."""

    def of_rows(kind: HistoryKind, rows: Sequence[Any]) -> Sequence[BaseModel]:
        if kind.objects_for is not None:
            return kind.objects_for(session, reader, rows)
        assert kind.objects is not None, "a kind has objects"
        return kind.objects(session, rows)

    return by_kind(entries, of_rows)


def _stream(
    session: Session, kind: HistoryKind, customer_id: str, conditions: list[ColumnElement[bool]], limit: int
) -> list[HistoryRow]:
    source = kind.source
    newest = source.rows.where(source.customer == customer_id, and_(*conditions)).order_by(
        source.at.desc(), source.id.desc()
    )
    return [HistoryRow(kind, at, row) for row, at in session.execute(newest.limit(limit))]


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
    """The condition for entries behind that one; at the same moment, those whose kind comes later."""
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
