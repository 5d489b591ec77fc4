"""What must be known before speaking with a customer: beside a call, and on their page."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from callcrm.crm.conduct import burden, incidents, objects, plans, steps, texts
from callcrm.crm.conduct.burden import Burden
from callcrm.crm.noun import Reader
from callcrm.i18n.line import Line
from callcrm.models.crm.conduct import Step, StepState

DAYS = 365


@dataclass(frozen=True, slots=True)
class Caution:
    """Where a customer stands, in words. `plan` says who alone speaks with them, `may_end` what an agent may
    do, `say` the words for it; each "" where there is none. `proposed` counts the steps that wait.
    """

    standing: str
    title: str
    plan: str
    may_end: str
    say: str
    last: Line | None
    last_at: datetime | None
    last_id: str | None
    proposed: int


@dataclass(frozen=True, slots=True)
class OfCustomer:
    """What the customer's page says: the caution and the figures of the last DAYS days; neither of most."""

    caution: Caution | None
    burden: Burden | None
    days: int


def of_customer(session: Session, reader: Reader, customer_id: str) -> OfCustomer:
    """For the customer's page; what a customer costs is counted where there was an incident."""
    words = caution(session, reader, customer_id)
    if words is None:
        return OfCustomer(None, None, DAYS)
    return OfCustomer(words, burden.of_customers(session, reader, [customer_id], DAYS)[customer_id], DAYS)


def caution(session: Session, reader: Reader, customer_id: str) -> Caution | None:
    """The caution of a customer; None for most."""
    rows = steps.of_customer(session, customer_id)
    last = next(iter(incidents.page(session, customer_id, limit=1)), None)
    if not rows and last is None:
        return None
    in_force, locale = steps.in_force_of(rows), reader.locale
    standing = in_force[-1].step if in_force else "incident" if last else "none"
    plan = plans.newest(in_force)
    sentence = ""
    if plan is not None and standing != Step.ENDED:
        names = objects.named_users(session, (plan.agent_id,))
        sentence = texts.plan(locale, plan, names[plan.agent_id].name)
    return Caution(
        standing=standing,
        title=texts.standing(locale, standing),
        plan=sentence,
        may_end=texts.may_end(locale, standing),
        say=texts.warning(locale) if in_force else "",
        last=texts.incident_line(locale, last) if last else None,
        last_at=last.created_at if last else None,
        last_id=last.id if last else None,
        proposed=sum(row.state == StepState.PROPOSED for row in rows),
    )
