"""Success stories: happy comments that their customers have permitted us to tell."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, RefusedByRule
from callcrm.crm.surveys import answer
from callcrm.models.crm.survey import SurveyResponse


def may_be_story(row: SurveyResponse) -> bool:
    """Whether there is something happy to tell, and it may be told."""
    return bool(row.comment and row.may_share and answer.is_happy(row))


def mark(session: Session, response_id: str, *, is_story: bool, by: str, now: datetime) -> SurveyResponse:
    """Makes a comment a story, or no story any more. RefusedByRule without the customer's permission."""
    row = answer.lock(session, response_id)
    if row is None:
        raise NotFound("There is no such response.")
    if is_story and not may_be_story(row):
        raise RefusedByRule("They have not permitted us to tell this to others.", code="no-consent")
    if is_story != (row.story_at is not None):
        row.story_at, row.story_by = (now, by) if is_story else (None, None)
        session.add(row)
        session.flush()
    return row


def page(session: Session, limit: int) -> Sequence[SurveyResponse]:
    """The stories, the newest first."""
    stories = select(SurveyResponse).where(col(SurveyResponse.story_at).is_not(None))
    newest = stories.order_by(col(SurveyResponse.story_at).desc(), col(SurveyResponse.id).desc())
    return session.exec(newest.limit(limit)).all()
