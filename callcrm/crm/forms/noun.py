"""How public forms join the product: a module of its own, and what it kept goes by itself."""

from datetime import datetime

from sqlmodel import Session

from callcrm.calls.runtime import CallRuntime
from callcrm.crm.forms import submissions
from callcrm.crm.noun import Duty, Module, Noun, NounPage
from callcrm.models import Role
from callcrm.models.crm.public_form import ComplaintLink, FormSubmission


def tidy(session: Session, _runtime: CallRuntime, now: datetime) -> int:
    """Deletes what counts no more."""
    return submissions.delete_old(session, now)


def erase(_session: Session, _customer_id: str) -> int:
    """Nothing is kept of a customer: hashes for an hour, and links that go with their complaint."""
    return 0


FORMS = Noun(
    name="form",
    tables=(FormSubmission, ComplaintLink),
    module=Module(
        "forms",
        lambda locale: locale._("Public forms"),
        lambda locale: locale._(
            "Ask us and Complain, two pages for your website: what is sent there becomes a promise on the "
            "desk, or a complaint."
        ),
    ),
    settings=(NounPage("/settings/forms", lambda locale: locale._("Public forms"), Role.SUPERVISOR),),
    duties=(Duty("form submissions", 600, tidy),),
    erase=erase,
)
