"""Modules: parts of the product that a business may switch off.

What is off is on no page, in no answer of the API and in no measure; nothing of it is deleted.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from callcrm.business import audit, settings

NAME = "modules_off"


def off(session: Session) -> frozenset[str]:
    """The names of the modules that are switched off."""
    return settings.names_of(NAME, settings.get(session, NAME))


def lock(session: Session, now: datetime) -> tuple[frozenset[str], int]:
    """The same and their version, which no other verb changes before this one's commit."""
    stored = settings.lock(session, NAME, now)
    return settings.names_of(NAME, stored), stored.version


def version(session: Session) -> int:
    """Grows with each change of what is switched off."""
    return settings.get(session, NAME).version


def switch(session: Session, wanted: Mapping[str, bool], *, by: str, now: datetime) -> frozenset[str]:
    """Switches these modules on or off, and leaves all others as they are; returns the names of what is off.
    Who did it is written down.
    """
    before, _ = lock(session, now)
    after = before - {name for name, on in wanted.items() if on} | {
        name for name, on in wanted.items() if not on
    }
    for name in sorted(before ^ after):
        data = {"on": name not in after}
        audit.record(session, "changed", actor=by, subject=("module", name), now=now, data=data)
    return before if after == before else switch_off(session, after, by=by, now=now)


def switch_off(session: Session, names: Iterable[str], *, by: str | None, now: datetime) -> frozenset[str]:
    """Switches off these modules and no others; returns their names."""
    return frozenset(settings.put(session, NAME, sorted(set(names)), by=by, now=now).value)
