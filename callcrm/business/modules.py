"""Modules: parts of the product that a business may switch off.

What is off is on no page, in no answer of the API and in no measure; nothing of it is deleted.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from callcrm.business import settings

NAME = "modules_off"


def off(session: Session) -> frozenset[str]:
    """The names of the modules that are switched off."""
    return frozenset(settings.get(session, NAME).value or ())


def switch_off(session: Session, names: Iterable[str], *, by: str | None, now: datetime) -> frozenset[str]:
    """Switches off these modules and no others; returns their names."""
    return frozenset(settings.put(session, NAME, sorted(set(names)), by=by, now=now).value)
