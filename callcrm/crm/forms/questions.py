"""A question from outside: a promise to answer it, in the list of whoever can."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import Session

from callcrm.business.hours import after, business_hours
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.forms.on_duty import owner_for
from callcrm.crm.forms.submissions import Submission
from callcrm.crm.promises import promises
from callcrm.customers import identity
from callcrm.models import Customer, PromiseKind

LONGEST_QUESTION = 400
ANSWERED_WITHIN = timedelta(hours=8)  # while the business is open


def asker(
    runtime: CallRuntime, submission: Submission, language: str, now: datetime
) -> Callable[[Session], str]:
    """The verb that makes the promise and returns its id. It is the customer's whose number it is, if that is
    certain.
    """

    def ask(session: Session) -> str:
        customer_id = identity.resolve(session, submission.phone, runtime.settings.numbers)
        customer = session.get(Customer, customer_id) if customer_id else None
        promise = promises.give(
            session,
            customer_id=customer_id,
            phone=submission.phone,
            owner_id=owner_for(session, customer, language),
            due_at=due_at(runtime, now),
            now=now,
            what=what_was_asked(submission, customer),
            kind=PromiseKind.QUESTION,
        )
        return promise.id

    return ask


def due_at(runtime: CallRuntime, now: datetime) -> datetime:
    """When a question is to be answered; by the clock on the wall for a business that never opens."""
    hours = business_hours(runtime.flows, runtime.settings.numbers)
    minutes = int(ANSWERED_WITHIN.total_seconds()) // 60
    return after(hours, now, minutes) or now + ANSWERED_WITHIN


def what_was_asked(submission: Submission, customer: Customer | None) -> str:
    """The question, behind the name of who asks if that is not the customer's."""
    text = " ".join(submission.text.split())
    if not submission.name or (customer and customer.name == submission.name):
        return text
    return f"{submission.name}: {text}"
