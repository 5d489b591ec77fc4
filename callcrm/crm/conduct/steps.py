"""Steps of the ladder, read: of a customer, those in force, those that wait for a supervisor."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, func, select, tuple_

from callcrm.base.errors import NotFound
from callcrm.crm.conduct import incidents
from callcrm.customers import customers
from callcrm.models.crm.conduct import ConductStep, Step, StepState
from callcrm.models.versions import locked

Standing = Literal["none", "incident", "warned", "plan", "ended"]
STANDINGS: Mapping[str, Standing] = {Step.WARNED: "warned", Step.PLAN: "plan", Step.ENDED: "ended"}
ORDER = {step: place for place, step in enumerate(Step)}


def get(session: Session, step_id: str) -> ConductStep:
    """The step of this id; NotFound."""
    row = session.get(ConductStep, step_id)
    if row is None:
        raise NotFound("There is no such step.")
    return row


def lock(session: Session, step_id: str) -> ConductStep:
    """The step as it is now, its customer's ladder locked until the commit; NotFound."""
    customers.lock(session, get(session, step_id).customer_id)
    row = locked(session, ConductStep, step_id)
    if row is None:
        raise NotFound("There is no such step.")
    return row


def of_customer(session: Session, customer_id: str) -> Sequence[ConductStep]:
    """All steps of a customer, the earliest first."""
    own = select(ConductStep).where(ConductStep.customer_id == customer_id)
    return session.exec(own.order_by(col(ConductStep.proposed_at), col(ConductStep.id))).all()


def resting_on(session: Session, incident_id: str) -> Sequence[ConductStep]:
    """The steps that rest on an incident, the earliest first."""
    resting = select(ConductStep).where(ConductStep.incident_id == incident_id)
    return session.exec(resting.order_by(col(ConductStep.proposed_at), col(ConductStep.id))).all()


def in_force(session: Session, customer_id: str) -> list[ConductStep]:
    """The steps of a customer that count, the mildest first, of a kind the last decided last."""
    return in_force_of(of_customer(session, customer_id))


def in_force_of(rows: Iterable[ConductStep]) -> list[ConductStep]:
    """Those of these steps that count, in the same order."""
    counting = (row for row in rows if row.state == StepState.IN_FORCE)
    return sorted(
        counting, key=lambda row: (ORDER[Step(row.step)], row.decided_at or row.proposed_at, row.id)
    )


def standing(session: Session, customer_id: str) -> Standing:
    """Where on the ladder the customer is: the highest step in force, else `incident` or `none`."""
    if rows := in_force(session, customer_id):
        return STANDINGS[rows[-1].step]
    return "incident" if incidents.page(session, customer_id, limit=1) else "none"


def page(
    session: Session,
    *,
    state: StepState | None = None,
    customer_id: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[ConductStep]:
    """Steps, the newest first; `after` is where the page before ended."""
    newest = select(ConductStep).order_by(col(ConductStep.proposed_at).desc(), col(ConductStep.id).desc())
    if state is not None:
        newest = newest.where(ConductStep.state == state)
    if customer_id is not None:
        newest = newest.where(ConductStep.customer_id == customer_id)
    if after is not None:
        newest = newest.where(tuple_(col(ConductStep.proposed_at), col(ConductStep.id)) < after)
    return session.exec(newest.limit(limit)).all()


def due_reviews(session: Session, now: datetime, limit: int = 50) -> Sequence[ConductStep]:
    """Steps in force whose day of review has come, the longest due first."""
    due = select(ConductStep).where(
        ConductStep.state == StepState.IN_FORCE, col(ConductStep.review_at) <= now
    )
    return session.exec(due.order_by(col(ConductStep.review_at), col(ConductStep.id)).limit(limit)).all()


def count_to_decide(session: Session, now: datetime) -> int:
    """How many steps wait for a supervisor: proposed ones, and those whose day of review has come."""
    proposed = select(func.count()).where(ConductStep.state == StepState.PROPOSED)
    due = (ConductStep.state == StepState.IN_FORCE, col(ConductStep.review_at) <= now)
    reviews = select(func.count()).where(*due)
    return session.exec(proposed).one() + session.exec(reviews).one()
