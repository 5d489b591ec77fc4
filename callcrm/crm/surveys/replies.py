"""Replies to a survey's SMS: a number is the answer."""

import re
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from callcrm.base.typed_text import normalized
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.surveys import answer
from callcrm.messages.answers import set_answered
from callcrm.models import Direction, Message
from callcrm.models.crm.survey import SurveyChannel, SurveyResponse

WITHIN = timedelta(days=3)
NUMBER = re.compile(r"\d{1,2}")
ANSWERED_BY = "survey"


def message_received(session: Session, runtime: CallRuntime, message_id: str, now: datetime) -> None:
    """A job: takes a message that is nothing but a mark as the answer to the survey sent to its number in the
    last days. Safe to repeat.
    """
    message = session.get(Message, message_id)
    if message is None or message.direction != Direction.INBOUND or message.phone is None:
        return
    text = normalized(message.body).rstrip(".!")
    if not NUMBER.fullmatch(text):
        return
    open_surveys = select(SurveyResponse.id).where(
        SurveyResponse.phone == message.phone,
        SurveyResponse.channel == SurveyChannel.SMS,
        col(SurveyResponse.asked_at) > message.created_at - WITHIN,
        col(SurveyResponse.asked_at) <= message.created_at,
        col(SurveyResponse.answered_at).is_(None),
    )
    newest = session.exec(open_surveys.order_by(col(SurveyResponse.asked_at).desc()).limit(1)).first()
    row = answer.lock(session, newest) if newest else None
    if row is not None and answer.is_mark(row.kind, int(text)):
        answer.record(session, runtime, row, int(text), message.created_at)
        set_answered(session, message.id, by=ANSWERED_BY, now=now)
