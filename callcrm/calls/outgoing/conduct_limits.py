"""Calls out to customers whom one agent alone may ring, or nobody: a supervisor's reason opens them."""

from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.base.errors import Conflict, RefusedByRule
from callcrm.business import audit, modules
from callcrm.models import CustomerPhone, User
from callcrm.models.crm.conduct import ConductStep, CoolDown, Step, StepState
from callcrm.routing.contact_rules import MODULE


def check(
    session: Session, number: str, agent_id: str, *, by: str | None, override: str, now: datetime
) -> None:
    """RefusedByRule for a number of a customer whom this agent may not ring, unless a supervisor gives a
    reason; Conflict for an agent whom somebody else would have ring in their cool-down.
    """
    if by != agent_id and session.get(CoolDown, agent_id) is not None and MODULE not in modules.off(session):
        raise Conflict("They have a cool-down after an incident, which no call interrupts.", field="agent")
    step = _ruling_step(session, number)
    if step is None or (step.step == Step.PLAN and step.agent_id == agent_id):
        return
    if MODULE in modules.off(session):
        return
    if not override:
        raise _refusal(session, step)
    data = {"customer": step.customer_id, "agent": agent_id, "step": step.id, "reason": override}
    actor = by or "program"
    audit.record(
        session, "contact.overridden", actor=actor, subject=("customer", step.customer_id), now=now, data=data
    )


def _ruling_step(session: Session, number: str) -> ConductStep | None:
    """The step in force of whoever has the number: of one who shares it, too."""
    steps = (
        select(ConductStep)
        .join(CustomerPhone, col(CustomerPhone.customer_id) == col(ConductStep.customer_id))
        .where(CustomerPhone.e164 == number, ConductStep.state == StepState.IN_FORCE)
        .where(col(ConductStep.step).in_((Step.PLAN, Step.ENDED)))
        .order_by(col(ConductStep.step), col(ConductStep.decided_at).desc())
        .limit(1)
    )
    return session.exec(steps).first()


def _refusal(session: Session, step: ConductStep) -> RefusedByRule:
    if step.step == Step.ENDED:
        return RefusedByRule(
            "The relationship with this customer was ended. A supervisor can have the call made.",
            code="contact-plan",
            field="to",
        )
    agent = session.get_one(User, step.agent_id)
    return RefusedByRule(
        "Only %(name)s speaks with this customer. A supervisor can have the call made.",
        code="contact-plan",
        field="to",
        name=agent.name,
    )
