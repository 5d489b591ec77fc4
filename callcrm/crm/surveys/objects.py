"""Survey responses, settings and results as objects of the API."""

from collections.abc import Sequence

from pydantic import Field
from sqlmodel import Session

from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import Customer, User
from callcrm.models.crm.survey import SurveyChannel, SurveyKind, SurveyResponse


class Response(VersionedShape):
    """What a caller answered to the one question after a call."""

    id: str
    kind: SurveyKind
    score: int | None = Field(description="csat: 1 to 5, effort: 1 to 7, nps: 0 to 10; the highest is best.")
    comment: str
    call: str
    customer: Named | None
    agent: Named | None
    queue: str | None
    channel: SurveyChannel
    asked_at: Time
    answered_at: Time | None


class Settings(VersionedShape):
    """How callers are asked: which question, by which way, whether at all, and how often at most."""

    kind: SurveyKind
    channel: SurveyChannel
    active: bool
    every_days: int


class ResultGroup(Shape):
    """The results of a part of those who were asked."""

    key: str
    label: str
    asked: int
    answered: int
    rate: float | None
    score: float | None


class Results(Shape):
    """How many were asked, how many answered, and their score: the mean, of nps −100 to 100."""

    asked: int
    answered: int
    rate: float | None
    score: float | None
    groups: list[ResultGroup]


def objects(session: Session, rows: Sequence[SurveyResponse]) -> list[Response]:
    """Responses as objects, in their order; agents and customers are loaded once for all."""
    agents = named(session, User, {row.agent_id for row in rows if row.agent_id})
    customers = named(session, Customer, {row.customer_id for row in rows if row.customer_id})
    fields = {"id", "kind", "score", "comment", "queue", "channel", "asked_at", "answered_at", "version"}
    return [
        Response(
            **row.model_dump(include=fields),
            call=row.call_id,
            customer=customers.get(row.customer_id or ""),
            agent=agents.get(row.agent_id or ""),
        )
        for row in rows
    ]
