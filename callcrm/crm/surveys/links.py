"""The question behind a link: answered once, without signing in; whoever has the link is who was asked."""

import re
from datetime import datetime, timedelta

from sqlmodel import Session, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.text import clean
from callcrm.business import modules, surveys
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.surveys import answer
from callcrm.models.crm.survey import SurveyResponse
from callcrm.models.versions import locked

SECRET = re.compile(r"[\w-]{1,64}", re.ASCII)  # what may be one: a store can't look for every text
GOOD_FOR = timedelta(days=14)  # in which a link can be answered


def find(session: Session, token: str, now: datetime) -> SurveyResponse:
    """What was asked by this link; NotFound for one that there is not, or no more."""
    asked_by_it = select(SurveyResponse).where(SurveyResponse.token == token)
    row = session.exec(asked_by_it).first() if SECRET.fullmatch(token) else None
    is_off = surveys.MODULE in modules.off(session)
    if row is None or is_off or now - row.asked_at > GOOD_FOR:
        raise NotFound("This link is not good any more.")
    return row


def is_closed(row: SurveyResponse) -> bool:
    """Whether the question has been answered on its page. A mark sent by SMS leaves room for a comment."""
    return row.commented_at is not None


def submit(
    session: Session,
    runtime: CallRuntime,
    token: str,
    *,
    score: int | None,
    comment: str,
    may_share: bool,
    now: datetime,
) -> SurveyResponse:
    """Keeps the answer; the first stands, whatever comes later. Refused without a mark, or for a comment that
    is too long.
    """
    row = locked(session, SurveyResponse, find(session, token, now).id)
    if row is None:
        raise NotFound("This link is not good any more.")
    if is_closed(row):
        return row
    text = clean(comment).strip() if len(comment) <= answer.LONGEST_COMMENT else comment
    if len(text) > answer.LONGEST_COMMENT:
        raise Refused("Say it in fewer words.", field="comment")
    if row.answered_at is None:
        if score is None or not answer.is_mark(row.kind, score):
            raise Refused("Choose a mark.", field="score")
        answer.record(session, runtime, row, score, now)
    row.comment, row.may_share, row.commented_at = text, may_share and bool(text), now
    session.add(row)
    session.flush()
    return row
