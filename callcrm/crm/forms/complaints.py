"""A complaint from outside, and the link under which its sender sees how it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, func, select

from callcrm.base.errors import NotFound
from callcrm.base.ids import new_secret, secret_hash
from callcrm.base.words import words
from callcrm.business.hours import business_hours
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.complaints import complaints, stages
from callcrm.crm.complaints.complaints import Opening
from callcrm.crm.forms.on_duty import owner_for
from callcrm.crm.forms.submissions import Submission
from callcrm.customers import identity
from callcrm.models import Customer, User
from callcrm.models.crm.complaint import About, Complaint, Stage
from callcrm.models.crm.public_form import ComplaintLink

LONGEST_COMPLAINT = 4000
MOST_LINKS = 5  # of one complaint: as often as the same may be sent within minutes
KINDS = (About.SERVICE, About.PRODUCT, About.STAFF)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a complaint is: all that its link shows. `reached` are the times of the stages it has been
    in.
    """

    stage: Stage
    reached: Mapping[Stage, datetime]
    due_at: datetime


def complainer(
    runtime: CallRuntime, submission: Submission, kind: About, subject: str, language: str, now: datetime
) -> Callable[[Session], str]:
    """The verb that opens the complaint and returns its id. It is the customer's whose number it is, if that
    is certain, and about the person of ours whom `subject` names, if it is one alone; else a supervisor has
    to say who it is, and nobody handles it before: it might be that person.
    """

    def complain(session: Session) -> str:
        customer_id = identity.resolve(session, submission.phone, runtime.settings.numbers)
        customer = session.get(Customer, customer_id) if customer_id else None
        staff_id = _person(session, subject) if kind == About.STAFF else None
        unnamed = kind == About.STAFF and staff_id is None
        owner_id = None if unnamed else owner_for(session, customer, language)
        body = f"{subject}\n{submission.text}" if subject and unnamed else submission.text
        opening = Opening(
            about=kind,
            body=body,
            customer_id=customer_id,
            name=None if customer and customer.name == submission.name else submission.name,
            phone=submission.phone,
            product=subject if kind != About.STAFF else None,
            staff_id=staff_id,
            owner_id=None if owner_id == staff_id else owner_id,
        )
        hours = business_hours(runtime.flows, runtime.settings.numbers)
        return complaints.open_complaint(session, opening, hours=hours, by=None, now=now).id

    return complain


def _person(session: Session, name: str) -> str | None:
    """The only user with all these words in their name, of those who work here, else of those who did."""
    sought = set(words(name))
    users = session.exec(select(User)).all() if sought else ()
    named = [user for user in users if sought <= set(words(user.name))]
    present = [user for user in named if user.disabled_at is None] or named
    return present[0].id if len(present) == 1 else None


def new_link(session: Session, complaint_id: str, now: datetime) -> str:
    """A new link's secret; "" where the complaint has as many as it may have."""
    links = select(func.count()).where(ComplaintLink.complaint_id == complaint_id)
    if session.exec(links).one() >= MOST_LINKS:
        return ""
    secret = new_secret()
    session.add(ComplaintLink(token_hash=secret_hash(secret), complaint_id=complaint_id, created_at=now))
    session.flush()
    return secret


def progress(session: Session, secret: str) -> Progress:
    """How far the complaint is whose link has this secret; NotFound."""
    link = session.get(ComplaintLink, secret_hash(secret))
    complaint = session.get(Complaint, link.complaint_id) if link else None
    if complaint is None:
        raise NotFound("There is no complaint under this link.")
    times = {stage: getattr(complaint, name) for stage, name in stages.REACHED_AT.items()}
    reached = {stage: at for stage, at in times.items() if at is not None}
    return Progress(
        Stage(complaint.stage), {Stage.RECEIVED: complaint.opened_at, **reached}, complaint.due_at
    )
