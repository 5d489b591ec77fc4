"""A customer's history as it is read: a call stands for its notes, its recordings and what it left owed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, or_, true
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from callcrm.customers.history import Entry, history
from callcrm.models import Call, Message, Note, Outcome, Promise, Recording, User

Row = TypeVar("Row", Note, Promise)
_WRITTEN = col(Note.body) != ""
_TAPED = exists().where(col(Recording.call_id) == col(Call.id), col(Recording.kind) == "call")


@dataclass(frozen=True, slots=True)
class View:
    """What of a history is asked for: kinds of entries, and of some kinds only certain ones."""

    kinds: tuple[str, ...]
    only: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)


VIEWS = {
    "all": View(
        ("promise", "note", "message", "call"),
        {"promise": col(Promise.call_id).is_(None), "note": and_(col(Note.call_id).is_(None), _WRITTEN)},
    ),
    "calls": View(("call",)),
    "notes": View(("note",), {"note": _WRITTEN}),
    "recordings": View(("call",), {"call": _TAPED}),
    "voicemails": View(("call",), {"call": col(Call.outcome) == Outcome.VOICEMAIL}),
    "messages": View(("message",)),
    "promises": View(("promise",)),
}
_MODELS: dict[str, Any] = {"call": Call, "note": Note, "message": Message, "promise": Promise}


@dataclass(frozen=True, slots=True)
class Related:
    """What belongs to calls: by call its notes, the promise it made and those it kept; `calls` by their id
    are those that kept a promise or that a note is on; `names` are our people's.
    """

    notes: Mapping[str, Sequence[Note]]
    made: Mapping[str, Promise]
    kept: Mapping[str, Sequence[Promise]]
    calls: Mapping[str, Call]
    names: Mapping[str, str]


def entries(
    session: Session,
    customer_id: str,
    view: str,
    *,
    since: datetime | None = None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Entry]:
    """At most `limit` entries of a view from `since` on, newest first, going on after an entry's time and
    place.
    """
    asked = VIEWS[view]
    return history(
        session, customer_id, kinds=asked.kinds, only=asked.only, since=since, after=after, limit=limit
    )


def counts(session: Session, customer_id: str) -> dict[str, int]:
    """How many entries each view has."""
    columns = [
        core_select(func.count())
        .select_from(_MODELS[kind])
        .where(_MODELS[kind].customer_id == customer_id, asked.only.get(kind, true()))
        .scalar_subquery()
        for asked in VIEWS.values()
        for kind in asked.kinds
    ]
    counted = iter(session.execute(core_select(*columns)).one())
    return {name: sum(next(counted) for _ in asked.kinds) for name, asked in VIEWS.items()}


def related(session: Session, items: Sequence[object]) -> Related:
    """What belongs to these calls, notes, messages and promises: five questions, however many they are."""
    ids = [item.id for item in items if isinstance(item, Call)]
    notes, promises = _notes(session, ids), _promises(session, ids)
    shown = [item for item in items if isinstance(item, Promise)]
    linked = {one.kept_by for one in (*promises, *shown)} | {
        item.call_id for item in items if isinstance(item, Note | Promise)
    }
    calls = _calls(session, {one for one in linked if one})
    people = {getattr(one, "agent_id", None) for one in (*items, *calls.values())}
    people |= {getattr(one, "owner_id", None) for one in (*promises, *shown)}
    people |= {getattr(one, "author_id", None) for one in items} | {one.closed_by for one in shown}
    return Related(
        notes=_by(notes, lambda one: one.call_id),
        made={one.call_id: one for one in promises if one.call_id in ids},
        kept=_by(promises, lambda one: one.kept_by),
        calls=calls,
        names=names(session, {one for one in people if one}),
    )


def names(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The names of people of ours, by id."""
    asked = select(User.id, User.name).where(col(User.id).in_(ids))
    return dict(session.exec(asked).all()) if ids else {}


def _notes(session: Session, ids: Sequence[str]) -> Sequence[Note]:
    theirs = select(Note).where(col(Note.call_id).in_(ids), _WRITTEN)
    return session.exec(theirs.order_by(col(Note.created_at), col(Note.id))).all() if ids else ()


def _promises(session: Session, ids: Sequence[str]) -> Sequence[Promise]:
    theirs = or_(col(Promise.call_id).in_(ids), col(Promise.kept_by).in_(ids))
    return session.exec(select(Promise).where(theirs).order_by(col(Promise.created_at))).all() if ids else ()


def _calls(session: Session, ids: Collection[str]) -> dict[str, Call]:
    found = session.exec(select(Call).where(col(Call.id).in_(ids))).all() if ids else ()
    return {one.id: one for one in found}


def _by(rows: Sequence[Row], key: Callable[[Row], str | None]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found = key(row)
        if found is not None:
            grouped[found].append(row)
    return dict(grouped)
