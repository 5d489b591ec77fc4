"""The ladder: after an incident a warning, a contact plan, the end; each proposed, then a supervisor decides.

A warning goes before an ending, always. A contact plan may come first: it protects whoever speaks with the
customer, and takes nothing from them that they could call for, since the operator stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, func, select

from callcrm.base.errors import Conflict, Refused, RefusedByRule
from callcrm.base.ids import new_id
from callcrm.base.text import clean
from callcrm.business import audit
from callcrm.crm.conduct import incidents, steps
from callcrm.customers import customers
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models.crm.conduct import ConductStep, Step, StepState

LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom alone a customer speaks with, when and how; checked by `plans.checked`."""

    agent_id: str
    hours: dict[str, list[str]] | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A step as somebody wants it taken, with what it rests on."""

    step: Step
    reason: str
    text: str = ""
    incident_id: str | None = None
    review_at: datetime | None = None
    plan: Plan | None = None


def propose(session: Session, customer_id: str, wish: Wish, *, by: str, now: datetime) -> ConductStep:
    """The step, proposed to the supervisors. RefusedByRule where it would skip one."""
    return _add(session, customer_id, wish, StepState.PROPOSED, by=by, now=now)


def take(session: Session, customer_id: str, wish: Wish, *, by: str, now: datetime) -> ConductStep:
    """The step, in force: the supervisor `by` proposes and approves it at once."""
    row = _add(session, customer_id, wish, StepState.PROPOSED, by=by, now=now)
    return _enforce(session, row, by=by, now=now)


def approve(session: Session, step_id: str, *, by: str, now: datetime) -> ConductStep:
    """The proposed step, in force. Conflict if it was decided before, RefusedByRule where it skips one."""
    return _enforce(session, _proposed(session, step_id), by=by, now=now)


def refuse(session: Session, step_id: str, reason: str, *, by: str, now: datetime) -> ConductStep:
    """The proposed step, refused for a reason. Conflict if it was decided before."""
    row = _proposed(session, step_id)
    _close(row, StepState.REFUSED, reason, by=by, now=now)
    return _saved(session, row, "conduct.refused", by=by, now=now)


def lift(
    session: Session, step_id: str, reason: str, *, by: str, now: datetime, needs_reason: bool = True
) -> ConductStep:
    """The step, no more in force, for a reason. Conflict if it is not, RefusedByRule for a warning on which
    an ending rests.
    """
    row = steps.lock(session, step_id)
    if row.state != StepState.IN_FORCE:
        raise Conflict("This step is not in force.", field="id")
    others = [other for other in steps.in_force(session, row.customer_id) if other.id != row.id]
    if row.step == Step.WARNED and _warning_is_missing(others):
        raise RefusedByRule(
            "The relationship was ended after this warning. Lift that first.",
            code="lift-the-later-first",
            field="id",
        )
    _close(row, StepState.LIFTED, reason, by=by, now=now, needs_reason=needs_reason)
    return _saved(session, row, "conduct.lifted", by=by, now=now)


def _warning_is_missing(rows: Sequence[ConductStep]) -> bool:
    names = {row.step for row in rows}
    return Step.ENDED in names and Step.WARNED not in names


def review(session: Session, step_id: str, review_at: datetime, *, by: str, now: datetime) -> ConductStep:
    """The step in force, looked at again and kept until the next review."""
    row = steps.lock(session, step_id)
    if row.state != StepState.IN_FORCE:
        raise Conflict("This step is not in force.", field="id")
    if review_at <= now:
        raise Refused("The next review lies ahead.", field="review_at")
    row.review_at = review_at
    return _saved(session, row, "conduct.reviewed", by=by, now=now)


def _add(
    session: Session, customer_id: str, wish: Wish, state: StepState, *, by: str, now: datetime
) -> ConductStep:
    customers.lock(session, customer_id)  # two steps at once are taken one after the other
    reason = prose(wish.reason, "reason")
    if not reason:
        raise Refused("Say why.", field="reason")
    check_order(session, customer_id, wish.step)
    if wish.incident_id is not None and incidents.get(session, wish.incident_id).customer_id != customer_id:
        raise Refused("This incident is with another customer.", field="incident")
    row = ConductStep(
        id=new_id("stp", now),
        customer_id=customer_id,
        incident_id=wish.incident_id,
        step=wish.step,
        state=state,
        reason=reason,
        text=prose(wish.text, "text"),
        review_at=wish.review_at,
        proposed_by=by,
        proposed_at=now,
        **_plan_fields(session, customer_id, wish.plan),
    )
    return _saved(session, row, "conduct.proposed", by=by, now=now)


def _plan_fields(session: Session, customer_id: str, plan: Plan | None) -> dict[str, Any]:
    """The columns of a plan; its versions go on where those of the plans before it ended."""
    if plan is None:
        return {}
    own = (ConductStep.customer_id == customer_id, ConductStep.step == Step.PLAN)
    last = session.exec(select(func.max(ConductStep.version)).where(*own)).one()
    fields = {"agent_id": plan.agent_id, "hours": plan.hours, "channel": plan.channel}
    return {**fields, "version": (last or 0) + 1}


def prose(text: str, field: str) -> str:
    """The text without what can't be shown; Refused if it is too long."""
    text = clean(text).strip()
    if len(text) > LONGEST_TEXT:
        raise Refused("Say it in fewer words.", field=field)
    return text


def check_order(session: Session, customer_id: str, step: Step) -> None:
    """RefusedByRule for an end without a warning in force, and for a second end."""
    taken = {row.step for row in steps.in_force(session, customer_id)}
    if step == Step.ENDED and Step.WARNED not in taken:
        raise RefusedByRule(
            "Nobody has warned this customer yet. A warning goes before the end.",
            code="warning-first",
            field="step",
        )
    if step == Step.ENDED and Step.ENDED in taken:
        raise RefusedByRule("The relationship has been ended.", code="ended", field="step")


def _enforce(session: Session, row: ConductStep, *, by: str, now: datetime) -> ConductStep:
    check_order(session, row.customer_id, Step(row.step))
    if row.step == Step.PLAN:
        _replace_plan(session, row, by=by, now=now)
    row.state, row.decided_by, row.decided_at = StepState.IN_FORCE, by, now
    return _saved(session, row, "conduct.approved", by=by, now=now)


def _replace_plan(session: Session, row: ConductStep, *, by: str, now: datetime) -> None:
    """A plan takes the place of those before it."""
    for old in steps.in_force(session, row.customer_id):
        if old.step == Step.PLAN:
            old.state, old.lifted_by, old.lifted_at = StepState.REPLACED, by, now
            session.add(old)


def _proposed(session: Session, step_id: str) -> ConductStep:
    row = steps.lock(session, step_id)
    if row.state != StepState.PROPOSED:
        raise Conflict("This was decided meanwhile.", field="id")
    return row


def _close(
    row: ConductStep, state: StepState, reason: str, *, by: str, now: datetime, needs_reason: bool = True
) -> None:
    text = prose(reason, "reason")
    if needs_reason and not text:
        raise Refused("Say why.", field="reason")
    row.state, row.lifted_reason, row.lifted_by, row.lifted_at = state, text, by, now


def _saved(session: Session, row: ConductStep, action: str, *, by: str, now: datetime) -> ConductStep:
    session.add(row)
    session.flush()
    session.refresh(row)
    data = {"customer": row.customer_id, "step": row.step, "agent": row.agent_id, "incident": row.incident_id}
    audit.record(session, action, actor=by, subject=("conduct_step", row.id), now=now, data=data)
    announce(session, LiveKind.CONDUCT_UPDATED, row.id)
    return row
