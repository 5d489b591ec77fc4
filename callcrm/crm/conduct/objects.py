"""Conduct as the API answers with it."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field
from sqlmodel import Session

from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import Customer, User
from callcrm.models.crm import conduct
from callcrm.models.crm.conduct import ConductStep, IncidentKind, Step, StepState

# `call` and `phone` are the same way, under the two names that programs have for it.
Channel = Literal["call", "phone", "sms", "whatsapp", "letter", "email"]


class ContactPlan(VersionedShape):
    """How a customer is to be dealt with: by one agent, within hours, through one channel, until a review."""

    agent: Named
    hours: dict[str, list[str]] | None = Field(description='As a flow’s: {"monday": ["09:00-12:00"]}.')
    channel: Channel | None
    reason: str
    review_at: Time | None


class Incident(VersionedShape):
    """Something a caller did; `second` is that of the call’s audio, `agent` who bore it."""

    id: str
    customer: Named | None
    kind: IncidentKind
    call: str | None
    second: float | None
    body: str
    agent: Named | None
    created_by: Named | None = Field(description="Null of a program.")
    created_at: Time


class LadderStep(VersionedShape):
    """One step of the ladder: who proposed it and why, who decided, and what has become of it.

    `agent`, `hours` and `channel` are a plan’s, `text` is the wording of a warning. `lifted_*` is also who
    refused it, and why.
    """

    id: str
    customer: Named
    step: Step
    state: StepState
    reason: str
    text: str
    incident: str | None
    agent: Named | None
    hours: dict[str, list[str]] | None
    channel: Channel | None
    review_at: Time | None
    proposed_by: Named | None
    proposed_at: Time
    decided_by: Named | None
    decided_at: Time | None
    lifted_by: Named | None
    lifted_at: Time | None
    lifted_reason: str


class Ladder(Shape):
    """Where a customer stands, and every step that led there, the earliest first."""

    customer: Named
    standing: Literal["none", "incident", "warned", "plan", "ended"]
    plan: ContactPlan | None
    steps: list[LadderStep]
    incidents: list[Incident] = Field(description="The last fifty, newest first.")


def named_users(session: Session, ids: Iterable[str | None]) -> dict[str | None, Named]:
    """Users by id; a program’s token is nobody."""
    return dict(named(session, User, ids).items())


def named_customers(session: Session, ids: Iterable[str | None]) -> dict[str | None, Named]:
    """Customers by id."""
    return dict(named(session, Customer, ids).items())


def incidents(session: Session, rows: Sequence[conduct.Incident]) -> list[Incident]:
    """Incidents as objects, in their order."""
    users = named_users(session, (key for row in rows for key in (row.agent_id, row.created_by)))
    customers = named_customers(session, (row.customer_id for row in rows))
    return [
        Incident(
            **row.model_dump(include={"id", "kind", "second", "body", "created_at", "version"}),
            customer=customers.get(row.customer_id),
            call=row.call_id,
            agent=users.get(row.agent_id),
            created_by=users.get(row.created_by),
        )
        for row in rows
    ]


OWN_FIELDS = set(LadderStep.model_fields) - {
    "customer",
    "incident",
    "agent",
    "proposed_by",
    "decided_by",
    "lifted_by",
}


def ladder_steps(session: Session, rows: Sequence[ConductStep]) -> list[LadderStep]:
    """Steps as objects, in their order."""
    people = (key for row in rows for key in (row.agent_id, row.proposed_by, row.decided_by, row.lifted_by))
    users = named_users(session, people)
    customers = named_customers(session, (row.customer_id for row in rows))
    return [
        LadderStep(
            **row.model_dump(include=OWN_FIELDS),
            customer=customers[row.customer_id],
            incident=row.incident_id,
            agent=users.get(row.agent_id),
            proposed_by=users.get(row.proposed_by),
            decided_by=users.get(row.decided_by),
            lifted_by=users.get(row.lifted_by),
        )
        for row in rows
    ]


def contact_plan(session: Session, row: ConductStep) -> ContactPlan:
    """A plan as an object."""
    return contact_plans(session, [row])[0]


def contact_plans(session: Session, rows: Sequence[ConductStep]) -> list[ContactPlan]:
    """Plans as objects, in their order."""
    users = named_users(session, (row.agent_id for row in rows))
    return [
        ContactPlan(
            **row.model_dump(include={"hours", "channel", "reason", "review_at", "version"}),
            agent=users[row.agent_id],
        )
        for row in rows
    ]
