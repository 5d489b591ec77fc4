"""How subjects join the settings and the measures."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col

from callcrm.crm.noun import Measure, Noun, NounPage
from callcrm.crm.subjects import sample
from callcrm.crm.tables import in_period
from callcrm.models import Call, Role

CALLS_OF_A_PERIOD = in_period(Call, Call.started_at)


def of_a_subject(since: datetime, until: datetime) -> Select[Any]:
    """Calls of a period of which it was said what they were about."""
    return CALLS_OF_A_PERIOD(since, until).where(col(Call.subject).is_not(None))


def erase(_session: Session, _customer_id: str) -> int:
    """A subject says nothing of a customer; that of a call stays with the call."""
    return 0


SUBJECTS = Noun(
    name="subject",
    tables=(),
    pages=(NounPage("/subjects", lambda locale: locale._("Subjects")),),
    settings=(NounPage("/settings/subjects", lambda locale: locale._("Subjects"), Role.SUPERVISOR),),
    measures=(
        Measure(
            key="requests_by_subject",
            name=lambda locale: locale._("calls with a subject"),
            numerator=of_a_subject,
            denominator=CALLS_OF_A_PERIOD,
        ),
    ),
    erase=erase,
    sample_end=sample.invent,
)
