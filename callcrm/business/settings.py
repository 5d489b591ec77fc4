"""Settings of the business, each read and written whole."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.models import Setting
from callcrm.models.versions import locked
from callcrm.store.upsert import insert_if_absent

FIRST_VERSION = 1


@dataclass(frozen=True, slots=True)
class Stored:
    """A setting's value as JSON has it, and its version; `value` is None where nobody has changed it yet."""

    value: Any
    version: int = FIRST_VERSION


def get(session: Session, name: str) -> Stored:
    """The setting of this name."""
    row = session.get(Setting, name)
    return Stored(None) if row is None else Stored(row.value, row.version)


def names(text: str | None) -> frozenset[str]:
    """The names in the JSON of a setting that is a list of them; none where there is no setting."""
    return frozenset(json.loads(text or "null") or ())


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
