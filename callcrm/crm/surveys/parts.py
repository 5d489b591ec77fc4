"""What is shown of surveys beside a call, on the customer's page and on the call's."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from callcrm.crm.noun import Reader
from callcrm.crm.surveys import answer, asking, responses, texts
from callcrm.models import Call, Promise, User
from callcrm.models.crm.survey import SurveyResponse

RECENT, STILL_BAD = timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class LastMark:
    """A customer's last answer."""

    response: SurveyResponse
    mark: str
    is_bad: bool


def last_mark(session: Session, reader: Reader, customer_id: str) -> LastMark | None:
    """The customer's last answer that the reader sees, if it is recent, or bad and not of long ago."""
    row = responses.latest(session, reader.user, customer_id)
    if row is None or row.answered_at is None:
        return None
    is_bad = answer.is_bad(row)
    if reader.now - row.answered_at > (STILL_BAD if is_bad else RECENT):
        return None
    return LastMark(row, texts.mark(reader.locale, row), is_bad)


@dataclass(frozen=True, slots=True)
class AfterCall:
    """What was asked after a call, and the promise that a bad mark led to. Where nothing was asked there is
    no `response`, but a link may be passed on.
    """

    response: SurveyResponse | None
    mark: str
    is_bad: bool
    promise: Promise | None
    owner: str


def after_call(session: Session, reader: Reader, call: Call) -> AfterCall | None:
    """What the call's page shows."""
    row = responses.of_call(session, reader.user, call.id)
    if row is None:
        return AfterCall(None, "", False, None, "") if link_offer(session, reader, call) else None
    promise = answer.promise_about(session, row.id)
    owner = session.get(User, promise.owner_id) if promise and promise.owner_id else None
    mark = texts.mark(reader.locale, row) if row.answered_at else ""
    return AfterCall(row, mark, answer.is_bad(row), promise, owner.name if owner else "")


def link_offer(session: Session, reader: Reader, call: Call) -> Call | None:
    """The call, where a link to the question about it may be passed on."""
    return call if asking.why_no_link(session, call, reader.now) is None else None
