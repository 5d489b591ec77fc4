"""What a call that has ended says of its survey: whom it was about, and the mark given by a key."""

from datetime import datetime

from sqlmodel import Session

from callcrm.calls import survey_question
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.surveys import answer, asking
from callcrm.ledger import event_store
from callcrm.ledger.fold import fold
from callcrm.models import Call
from callcrm.models.crm.survey import SurveyChannel, SurveyResponse


def call_ended(session: Session, runtime: CallRuntime, call_id: str, now: datetime) -> None:
    """A job: brings the call's survey up to what is known of the call. Safe to repeat, in any order."""
    call = session.get(Call, call_id)
    if call is None:
        return
    row = answer.lock(session, survey_question.response_id(call_id))
    if row is None:
        asking.ask_after(session, runtime, call, now)
    else:
        _describe(session, row, call)
        if row.channel == SurveyChannel.KEYPRESS and row.answered_at is None:
            _take_mark(session, runtime, row, call, now)


def _describe(session: Session, row: SurveyResponse, call: Call) -> None:
    """What is grouped by comes from the call as it is known now."""
    row.agent_id, row.queue, row.talk_seconds = call.agent_id, call.queue, call.talk_seconds
    row.language, row.menu = call.language or row.language, survey_question.menu_of(call.ivr_path)
    session.add(row)
    session.flush()


def _take_mark(
    session: Session, runtime: CallRuntime, row: SurveyResponse, call: Call, now: datetime
) -> None:
    survey = fold(event_store.facts_of_call(session, call.carrier_sid), call.carrier_sid).survey
    if survey is not None and survey.score is not None and answer.is_mark(survey.kind, survey.score):
        row.kind = survey.kind
        answer.record(session, runtime, row, survey.score, survey.answered_at or now)
