"""Who did what with a complaint, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.ids import new_id
from callcrm.models.crm.complaint import Complaint, ComplaintAction

MOST = 500  # shown of one complaint


def record(
    session: Session,
    complaint: Complaint,
    action: str,
    *,
    by: Principal | None,
    now: datetime,
    before: object = None,
    after: object = None,
) -> None:
    """Puts on record what was done: by whom, and what it was before and after."""
    row = ComplaintAction(
        id=new_id("cac", now),
        complaint_id=complaint.id,
        at=now,
        by=by.user_id if by else None,
        action=action,
        data={name: _plain(value) for name, value in (("from", before), ("to", after)) if value is not None},
    )
    session.add(row)
    session.flush()


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def actions(session: Session, complaint_id: str) -> Sequence[ComplaintAction]:
    """What was done with a complaint, the first first."""
    of_complaint = select(ComplaintAction).where(ComplaintAction.complaint_id == complaint_id)
    return session.exec(
        of_complaint.order_by(col(ComplaintAction.at), col(ComplaintAction.id)).limit(MOST)
    ).all()
