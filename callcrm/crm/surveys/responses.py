"""Survey responses, listed and looked up: supervisors see all, an agent those after their own calls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session, col, select, true

from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound
from callcrm.models.crm.survey import SurveyResponse

ANSWERED = col(SurveyResponse.answered_at).is_not(None)


@dataclass(frozen=True, slots=True)
class ResponseFilter:
    """What responses are looked for by; None for whatever there is. The times are those of the asking."""

    kind: str | None = None
    agent: str | None = None
    queue: str | None = None
    customer: str | None = None
    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of_kind(self, kind: str) -> "ResponseFilter":
        """The same for one kind of question."""
        return replace(self, kind=kind)

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as conditions."""
        equal = (
            (SurveyResponse.kind, self.kind),
            (SurveyResponse.agent_id, self.agent),
            (SurveyResponse.queue, self.queue),
            (SurveyResponse.customer_id, self.customer),
            (SurveyResponse.channel, self.channel),
        )
        clauses = [col(column) == value for column, value in equal if value is not None]
        asked_at = col(SurveyResponse.asked_at)
        clauses += [asked_at >= self.since] if self.since else []
        clauses += [asked_at < self.until] if self.until else []
        return clauses


def visible(user: Principal) -> ColumnElement[bool]:
    """The condition for what a user sees of what was asked."""
    return true() if user.supervises else col(SurveyResponse.agent_id) == (user.user_id or "")


def answered_and_visible(user: Principal) -> ColumnElement[bool]:
    """The condition for the answers that a user sees."""
    return ANSWERED & visible(user)


def get(session: Session, user: Principal, response_id: str) -> SurveyResponse:
    """The response of this id; NotFound, also where it is another agent's."""
    row = session.exec(select(SurveyResponse).where(SurveyResponse.id == response_id, visible(user))).first()
    if row is None:
        raise NotFound("There is no such response.")
    return row


def find(
    session: Session,
    user: Principal,
    wanted: ResponseFilter,
    *more: ColumnElement[bool],
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[SurveyResponse]:
    """At most so many that fit, those asked last first; `after` is where the page before ended."""
    statement = select(SurveyResponse).where(visible(user), *wanted.conditions(), *more)
    if after is not None:
        statement = statement.where(tuple_(col(SurveyResponse.asked_at), col(SurveyResponse.id)) < after)
    newest = statement.order_by(col(SurveyResponse.asked_at).desc(), col(SurveyResponse.id).desc())
    return session.exec(newest.limit(limit)).all()


def latest(session: Session, user: Principal, customer_id: str) -> SurveyResponse | None:
    """The customer's last answer, of those the user sees."""
    rows = find(session, user, ResponseFilter(customer=customer_id), ANSWERED, limit=1)
    return rows[0] if rows else None


def of_call(session: Session, user: Principal, call_id: str) -> SurveyResponse | None:
    """What was asked after a call, if the user sees it."""
    statement = select(SurveyResponse).where(SurveyResponse.call_id == call_id, visible(user))
    return session.exec(statement).first()
