"""Incidents and steps of the ladder as rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.base.objects import Named
from callcrm.crm.conduct import objects, texts
from callcrm.crm.noun import Reader
from callcrm.i18n.line import Line
from callcrm.models.crm.conduct import ConductStep, Incident, Step, StepState


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident: with whom, what, who bore it, and who came to help."""

    incident: Incident
    line: Line
    customer: Named | None
    agent: Named | None
    helper: Named | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a ladder in words; `plan` is the sentence of a plan, `due` that its review has come."""

    step: ConductStep
    customer: Named
    name: str
    state: str
    plan: str
    agent: Named | None
    proposed_by: str
    decided_by: str
    lifted_by: str
    due: bool

    @property
    def tone(self) -> str:
        """The colour that goes with the state."""
        if self.step.state == StepState.IN_FORCE:
            return "wait" if self.step.step == Step.WARNED else "lost"
        return ""


def incident_rows(session: Session, reader: Reader, rows: Sequence[Incident]) -> list[IncidentRow]:
    """These incidents, in their order."""
    customers = objects.named_customers(session, (row.customer_id for row in rows))
    people = (key for row in rows for key in (row.agent_id, row.helped_by))
    users = objects.named_users(session, people)
    return [
        IncidentRow(
            row,
            texts.incident_line(reader.locale, row),
            customers.get(row.customer_id),
            users.get(row.agent_id),
            users.get(row.helped_by),
        )
        for row in rows
    ]


def step_rows(session: Session, reader: Reader, rows: Sequence[ConductStep]) -> list[StepRow]:
    """These steps, in their order."""
    customers = objects.named_customers(session, (row.customer_id for row in rows))
    people = (key for row in rows for key in (row.agent_id, row.proposed_by, row.decided_by, row.lifted_by))
    users = objects.named_users(session, people)
    return [_step_row(reader, row, customers[row.customer_id], users) for row in rows]


def _step_row(reader: Reader, row: ConductStep, customer: Named, users: dict[str | None, Named]) -> StepRow:
    locale, agent = reader.locale, users.get(row.agent_id)
    return StepRow(
        step=row,
        customer=customer,
        name=texts.step_name(locale, row.step),
        state=texts.state(locale, row),
        plan=texts.plan(locale, row, agent.name) if agent else "",
        agent=agent,
        proposed_by=_name(reader, users, row.proposed_by),
        decided_by=_name(reader, users, row.decided_by),
        lifted_by=_name(reader, users, row.lifted_by),
        due=_is_due(row, reader.now),
    )


def _name(reader: Reader, users: dict[str | None, Named], key: str | None) -> str:
    if key is None:
        return ""
    user = users.get(key)
    return user.name if user else reader.locale._("a program")


def _is_due(row: ConductStep, now: datetime) -> bool:
    return row.state == StepState.IN_FORCE and row.review_at is not None and row.review_at <= now
