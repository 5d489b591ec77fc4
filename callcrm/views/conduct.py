"""Incidents and steps of the ladder as rows of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.base.objects import Named
from callcrm.crm.conduct import incidents, objects, steps, texts
from callcrm.crm.noun import Reader
from callcrm.i18n.line import Line
from callcrm.models import Call, User
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


# --- one incident, and calls for help ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """An incident with its call and the steps that rest on it; `undone_until` is until when who filed it can
    take it back, None for who may not.
    """

    row: IncidentRow
    kind: str
    call: Call | None
    steps: Sequence[StepRow]
    undone_until: datetime | None


def incident_page(session: Session, reader: Reader, incident: Incident) -> IncidentPage:
    """One incident, for this reader."""
    resting = steps.resting_on(session, incident.id)
    until = incident.created_at + incidents.WITHDRAWN_WITHIN
    may = incident.created_by == reader.user.user_id and reader.now <= until and not resting
    return IncidentPage(
        row=incident_rows(session, reader, [incident])[0],
        kind=texts.kind(reader.locale, incident.kind),
        call=session.get(Call, incident.call_id) if incident.call_id else None,
        steps=step_rows(session, reader, resting),
        undone_until=until if may else None,
    )


@dataclass(frozen=True, slots=True)
class HelpCall:
    """An agent who called for a supervisor: with whom they speak, and how they are reached."""

    incident: Incident
    agent: User | None
    customer: Named | None
    call: Call | None
    over: bool


def help_calls(session: Session, now: datetime) -> list[HelpCall]:
    """Calls for help that no supervisor has taken on, the newest first."""
    rows = incidents.calls_for_help(session, now)
    customers = objects.named_customers(session, (incident.customer_id for incident, _ in rows))
    agents = {key for incident, _ in rows if (key := incident.agent_id)}
    users = (
        {row.id: row for row in session.exec(select(User).where(col(User.id).in_(agents)))} if rows else {}
    )
    return [
        HelpCall(
            incident,
            users.get(incident.agent_id or ""),
            customers.get(incident.customer_id),
            call,
            incidents.is_over(call),
        )
        for incident, call in rows
    ]
