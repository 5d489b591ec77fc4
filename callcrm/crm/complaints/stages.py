"""The stages of a complaint: one after the other, none skipped."""

from datetime import datetime

from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.base.errors import RefusedByRule
from callcrm.business.hours import seconds_between
from callcrm.crm.complaints.policy import Policy
from callcrm.crm.complaints.record import record
from callcrm.ivr.flows.hours import Hours
from callcrm.models.crm.complaint import Complaint, Stage

ORDER = tuple(Stage)
REACHED_AT = {
    Stage.ACKNOWLEDGED: "acknowledged_at",
    Stage.INVESTIGATING: "investigating_at",
    Stage.OFFERED: "offered_at",
    Stage.FOLLOWING_UP: "following_up_at",
    Stage.CLOSED: "closed_at",
}


def following(stage: str) -> Stage | None:
    """The stage after this one; None after the last."""
    place = ORDER.index(Stage(stage)) + 1
    return ORDER[place] if place < len(ORDER) else None


def move(session: Session, complaint: Complaint, stage: Stage, *, by: Principal, now: datetime) -> bool:
    """Moves a complaint to its next stage; a supervisor may open a closed one again, to be followed up. False
    if it is in that stage already.

    RefusedByRule for any other stage but the one it is in.
    """
    before = Stage(complaint.stage)
    if stage == before:
        return False
    reopened = before == Stage.CLOSED and stage == Stage.FOLLOWING_UP and by.supervises
    if not reopened and stage != following(before):
        raise RefusedByRule(
            "A complaint goes from stage to stage, and none is skipped.", code="stage-order", field="stage"
        )
    complaint.stage = stage
    if reopened:
        complaint.closed_at = None
    else:
        setattr(complaint, REACHED_AT[stage], now)
    record(
        session, complaint, "reopened" if reopened else "stage", by=by, now=now, before=before, after=stage
    )
    return True


def set_late_from(complaint: Complaint, policy: Policy, hours: Hours) -> None:
    """Sets when the complaint is late: when all is due, or the next stage should have been reached; of one
    that is closed, how long it took.
    """
    stage, closed_at = following(complaint.stage), complaint.closed_at
    if stage is None or closed_at is not None:
        complaint.late_from = None
        took = seconds_between(hours, complaint.opened_at, closed_at) if closed_at else 0
        complaint.resolution_seconds = int(took)
        return
    complaint.resolution_seconds = None
    due = policy.stage_due(hours, complaint.opened_at, stage)
    complaint.late_from = min(complaint.due_at, due) if due else complaint.due_at
