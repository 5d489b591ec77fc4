"""Writing down who did what, so that it can be looked up and never be undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.base.ids import new_id
from callcrm.models import AuditEntry


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    subject: tuple[str, str],
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Adds an entry: `actor` is a user's or a token's id, `subject` the kind and the id of what it is about,
    `data` ids and codes alone.
    """
    kind, subject_id = subject
    session.add(
        AuditEntry(
            id=new_id("aud", now),
            at=now,
            actor_id=actor,
            action=action,
            subject_kind=kind,
            subject_id=subject_id,
            data=dict(data or {}),
        )
    )
