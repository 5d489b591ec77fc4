"""Consent: a caller who stays on after the notice is recorded, and it is on record that they were told."""

from datetime import datetime

from sqlalchemy import Table, select
from sqlmodel import Session

from callcrm.models import Consent
from callcrm.store.upsert import insert_if_absent

CONSENT: Table = Consent.__table__  # type: ignore[attr-defined]
PROMPT = "recording-notice"


def announced(session: Session, call_id: str, language: str, key: str, now: datetime) -> None:
    """The notice is part of the document now being answered; the first of a call counts."""
    values = {"prompt": PROMPT, "language": language, "event_key": key, "announced_at": now}
    insert_if_absent(session, Consent, "call_id", call_id=call_id, **values)


def of(session: Session, call_id: str) -> Consent | None:
    """What the caller was told, None if they were not recorded."""
    row = session.connection().execute(select(CONSENT).where(CONSENT.c.call_id == call_id)).first()
    return Consent(**row._mapping) if row else None
