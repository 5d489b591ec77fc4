"""A customer's ladder as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callcrm.agents import roster
from callcrm.crm.conduct import burden, incidents, plans, settings, steps
from callcrm.crm.conduct.burden import Burden
from callcrm.crm.conduct.caution import DAYS, Caution, caution
from callcrm.crm.noun import Reader
from callcrm.customers import customers
from callcrm.models import Customer
from callcrm.models.crm.conduct import ConductStep, Step
from callcrm.views.conduct import IncidentRow, StepRow, incident_rows, step_rows

SHOWN = 20


@dataclass(frozen=True, slots=True)
class LadderPage:
    """Where a customer stands, all steps and the last incidents, the latest first, and what forms need.

    `agents` are id and name of those who take calls, `numbers` the customer's, `may_end` whether a warning is
    in force.
    """

    customer: Customer
    caution: Caution | None
    steps: Sequence[StepRow]
    incidents: Sequence[IncidentRow]
    plan: ConductStep | None
    may_end: bool
    agents: Sequence[tuple[str, str]]
    numbers: Sequence[str]
    review_days: int
    burden: Burden
    days: int


def ladder_page(session: Session, reader: Reader, customer_id: str) -> LadderPage:
    """The page of a customer; NotFound."""
    customer = customers.get(session, customer_id)
    rows = steps.of_customer(session, customer_id)
    standing = {row.step for row in steps.in_force_of(rows)}
    return LadderPage(
        customer=customer,
        caution=caution(session, reader, customer_id),
        steps=step_rows(session, reader, list(reversed(rows))),
        incidents=incident_rows(session, reader, incidents.page(session, customer_id, limit=SHOWN)),
        plan=plans.of_customer(session, customer_id),
        may_end=Step.WARNED in standing and Step.ENDED not in standing,
        agents=[(user.id, user.name) for user in roster.list_agent_users(session)],
        numbers=customers.phones_of(session, [customer_id])[customer_id],
        review_days=settings.get(session).review_days,
        burden=burden.of_customers(session, reader, [customer_id], DAYS)[customer_id],
        days=DAYS,
    )
