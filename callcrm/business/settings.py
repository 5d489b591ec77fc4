"""Settings of the business, each read and written whole."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from sqlmodel import Session

from callcrm.models import Setting
from callcrm.models.versions import locked
from callcrm.store.upsert import insert_if_absent

FIRST_VERSION = 1
T = TypeVar("T")
V = TypeVar("V")
log = structlog.get_logger()
_unreadable: ContextVar[list[str] | None] = ContextVar("unreadable settings", default=None)


@dataclass(frozen=True, slots=True)
class Stored:
    """A setting's value as JSON has it, and its version; `value` is None where nobody has changed it yet."""

    value: Any
    version: int = FIRST_VERSION


def get(session: Session, name: str) -> Stored:
    """The setting of this name."""
    row = session.get(Setting, name)
    return Stored(None) if row is None else Stored(row.value, row.version)


def sense(name: str, value: V, make: Callable[[V], T], otherwise: T) -> T:
    """What is made of a setting's value. Of one that makes no sense to us, `otherwise`, and the log says so.
    A later version may have written it, and neither calls nor pages may depend on that.
    """
    try:
        return make(value)
    except (ValueError, TypeError, LookupError, AttributeError):
        log.error("a setting can't be read", setting=name)
        if (noted := _unreadable.get()) is not None:
            noted.append(name)
        return otherwise


@contextmanager
def noting_unreadable() -> Iterator[list[str]]:
    """The names of settings that turn out, within the block, to make no sense."""
    names: list[str] = []
    token = _unreadable.set(names)
    try:
        yield names
    finally:
        _unreadable.reset(token)


def names(name: str, text: str | None) -> frozenset[str]:
    """The names in the JSON of a setting that is a list of them; none where there is no setting."""
    return sense(name, text or "null", lambda json_text: _names(json.loads(json_text)), frozenset())


def names_of(name: str, stored: Stored) -> frozenset[str]:
    """The same, of the setting itself."""
    return sense(name, stored.value, _names, frozenset())


def _names(value: Any) -> frozenset[str]:
    if not isinstance(value, list | None):
        raise TypeError
    return frozenset(value or ())


def lock(session: Session, name: str, now: datetime) -> Stored:
    """The setting as it is now, which no other verb changes before this one's commit."""
    insert_if_absent(session, Setting, "name", name=name, value=None, version=FIRST_VERSION, changed_at=now)
    row = locked(session, Setting, name)
    assert row is not None, "it has just been inserted"
    return Stored(row.value, row.version)


def put(session: Session, name: str, value: Any, *, by: str | None, now: datetime) -> Stored:
    """The setting, changed to this value: what JSON can hold."""
    lock(session, name, now)
    row = session.get_one(Setting, name)
    row.value, row.changed_at, row.changed_by = value, now, by
    session.add(row)
    session.flush()
    return Stored(row.value, row.version)
