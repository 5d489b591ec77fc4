"""Fields that the business does without: they are in no form, and what stands in them stays."""

from datetime import datetime

from sqlmodel import Session

from callcrm.business import audit, settings

NAME = "fields_hidden"


def hidden(session: Session) -> frozenset[str]:
    """The fields that are in no form, each as TABLE.COLUMN."""
    return settings.names_of(NAME, settings.get(session, NAME))


def hide(session: Session, name: str, *, away: bool, by: str, now: datetime) -> frozenset[str]:
    """Takes a field out of the forms, or brings it back; returns which are out. It is written down."""
    before = settings.names_of(NAME, settings.lock(session, NAME, now))
    after = before | {name} if away else before - {name}
    if after == before:
        return before
    audit.record(session, "changed", actor=by, subject=("field", name), now=now, data={"hidden": away})
    return frozenset(settings.put(session, NAME, sorted(after), by=by, now=now).value)
