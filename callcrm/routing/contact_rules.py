"""What the ladder of conduct says of who may speak with a customer: one agent, or the operator alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Text, cast, null
from sqlmodel import Session, col, select

from callcrm.business import modules
from callcrm.ivr.flows.hours import Hours
from callcrm.ivr.flows.parser import week
from callcrm.models.crm.conduct import ConductStep, Step, StepState

MODULE = "conduct"
NOBODY = ""  # no agent is rung: the caller reaches the operator


@dataclass(frozen=True, slots=True)
class ContactRule:
    """Only this agent speaks with the customer; `agent` is None where the relationship was ended. `hours` are
    when, None for always; `by_phone`: not by letter alone, say.
    """

    agent: str | None
    hours: Hours | None = None
    by_phone: bool = True

    def rings(self, now: datetime) -> str:
        """The id of the agent whom a call of the customer may ring now, NOBODY for none."""
        if self.agent is None or not self.by_phone or (self.hours and not self.hours.open_at(now)):
            return NOBODY
        return self.agent


def ruling_step(customer_id: object) -> ScalarSelect[str]:
    """The id of the step that rules routing for a customer (an id, or a column of a statement around it)."""
    step = (
        select(ConductStep.id)
        .where(col(ConductStep.customer_id) == customer_id)
        .where(ConductStep.state == StepState.IN_FORCE)
        .where(col(ConductStep.step).in_((Step.PLAN, Step.ENDED)))
        .order_by(col(ConductStep.step), col(ConductStep.decided_at).desc(), col(ConductStep.id).desc())
        .limit(1)  # "ended" comes before "plan"
    )
    return step.scalar_subquery()


def ruling_step_of(customer_id: object, *, plain: bool) -> ColumnElement[Any]:
    """The same, of nobody where calls are to be served plainly."""
    return cast(null(), Text) if plain else ruling_step(customer_id)


def rules_of(
    session: Session, steps: Collection[str | None], zone: tzinfo = UTC
) -> dict[str | None, ContactRule]:
    """The rules of these ruling steps by their ids; none while the module is switched off."""
    ids = {step for step in steps if step}
    if not ids or MODULE in modules.off(session):
        return {}
    rows = session.exec(select(ConductStep).where(col(ConductStep.id).in_(ids)))
    return {row.id: _rule(row, zone) for row in rows}


def rule_of(session: Session, customer_id: str | None, zone: tzinfo = UTC) -> ContactRule | None:
    """The rule for a customer, None for most."""
    if customer_id is None:
        return None
    step = session.exec(select(ruling_step(customer_id))).one()
    return rules_of(session, (step,), zone).get(step)


def _rule(row: ConductStep, zone: tzinfo) -> ContactRule:
    if row.step == Step.ENDED:
        return ContactRule(None)
    hours = None if row.hours is None else week(row.hours, zone)
    return ContactRule(row.agent_id, hours, row.channel in (None, "phone"))
