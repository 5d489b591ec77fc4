"""Consent to recording: the row that a call's caller was played the recording notice."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from callcrm.models import Consent
from callcrm.models.conventions import table_of
from callcrm.store.upsert import insert_if_absent_deferred

CONSENT = table_of(Consent)
PROMPT = "recording-notice"


def announced(session: Session, call_id: str, language: str, key: str, now: datetime) -> None:
    """Records that the TwiML of event `key` plays the notice; only the first of a call is kept."""
    values = {"prompt": PROMPT, "language": language, "event_key": key, "announced_at": now}
    insert_if_absent_deferred(session, Consent, "call_id", None, call_id=call_id, **values)


def consent_of(session: Session, call_id: str) -> Consent | None:
    """The notice played on this call; None if it was not recorded."""
    row = session.connection().execute(select(CONSENT).where(CONSENT.c.call_id == call_id)).first()
    return Consent(**row._mapping) if row else None
