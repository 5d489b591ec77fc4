"""Contact plans: set, ended, read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.typed_text import normalized
from callcrm.crm.conduct import ladder, steps
from callcrm.crm.conduct.ladder import Plan, Wish
from callcrm.ivr.flows.model import FlowFault
from callcrm.ivr.flows.parser import week
from callcrm.models import Agent, User
from callcrm.models.crm.conduct import ConductStep, Step, StepState


def checked(session: Session, plan: Plan) -> Plan:
    """The plan, its hours in the digits they are kept in. Refused for one that can't be obeyed: of nobody who
    takes calls, or in hours that are none.
    """
    agent, user = session.get(Agent, plan.agent_id), session.get(User, plan.agent_id)
    if agent is None or user is None or user.disabled_at is not None:
        raise Refused("There is nobody of this id who takes calls.", field="agent")
    if plan.hours is None:
        return plan
    hours = {day: [normalized(period) for period in periods] for day, periods in plan.hours.items()}
    check_hours(hours)
    return replace(plan, hours=hours)


def check_hours(hours: Mapping[str, list[str]]) -> None:
    """Refused for what are no hours of a flow, with every line that is wrong, or none at all in the week."""
    try:
        open_hours = week(hours, UTC)
    except FlowFault as fault:
        lines = "; ".join(line.removeprefix("hours: ") for line in fault.lines)
        raise Refused("These are no hours of a week: %(faults)s", field="hours", faults=lines) from None
    if not any(open_hours.week):
        raise Refused("Name the hours of one day at least, or leave them out for always.", field="hours")


def put(session: Session, customer_id: str, wish: Wish, *, by: str, now: datetime) -> ConductStep:
    """The customer's plan from now on, in place of any before it; that itself where it is the same."""
    assert wish.plan is not None
    plan = checked(session, wish.plan)
    present = of_customer(session, customer_id)
    if present is not None and _same(present, wish, plan):
        return present
    return ladder.take(session, customer_id, replace(wish, plan=plan), by=by, now=now)


def _same(row: ConductStep, wish: Wish, plan: Plan) -> bool:
    kept = (row.agent_id, row.hours, row.channel, row.reason, row.review_at)
    return kept == (plan.agent_id, plan.hours, plan.channel, wish.reason, wish.review_at)


def end(session: Session, customer_id: str, reason: str, *, by: str, now: datetime) -> None:
    """Lifts the customer's plan; NotFound where there is none. A program may leave out why."""
    rows = [row for row in steps.in_force(session, customer_id) if row.step == Step.PLAN]
    if not rows:
        raise NotFound("There is no contact plan.")
    for row in rows:
        ladder.lift(session, row.id, reason, by=by, now=now, needs_reason=False)


def newest(in_force: Iterable[ConductStep]) -> ConductStep | None:
    """Of steps in force, mildest first, the plan that counts."""
    return next((row for row in reversed(list(in_force)) if row.step == Step.PLAN), None)


def get(session: Session, customer_id: str) -> ConductStep:
    """The customer's plan in force; NotFound."""
    row = of_customer(session, customer_id)
    if row is None:
        raise NotFound("There is no contact plan.")
    return row


def of_customer(session: Session, customer_id: str) -> ConductStep | None:
    """The customer's plan in force."""
    return of_customers(session, (customer_id,)).get(customer_id)


def of_customers(session: Session, customer_ids: Collection[str]) -> dict[str, ConductStep]:
    """The plans in force, by customer; of two, which a merge may leave, the one decided last."""
    if not customer_ids:
        return {}
    plans = select(ConductStep).where(
        col(ConductStep.customer_id).in_(customer_ids),
        ConductStep.state == StepState.IN_FORCE,
        # as the index has it, which both engines then take
        col(ConductStep.step).in_((Step.PLAN, Step.ENDED)),
    )
    rows = session.exec(plans.order_by(col(ConductStep.decided_at), col(ConductStep.id)))
    return {row.customer_id: row for row in rows if row.step == Step.PLAN}


def in_force(session: Session, limit: int) -> Sequence[ConductStep]:
    """Plans in force, by the day they are looked at again; those without one last."""
    plans = select(ConductStep).where(ConductStep.state == StepState.IN_FORCE, ConductStep.step == Step.PLAN)
    by_review = plans.order_by(col(ConductStep.review_at).nulls_last(), col(ConductStep.id))
    return session.exec(by_review.limit(limit)).all()
