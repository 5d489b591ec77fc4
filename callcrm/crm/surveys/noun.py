"""How surveys join calls, customers, history, measures, export and erasure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, col, delete, select

from callcrm.business.surveys import MODULE
from callcrm.crm.noun import (
    CallPart,
    Duty,
    HistoryEntry,
    HistoryKind,
    Measure,
    Module,
    Noun,
    NounPage,
    Part,
    Reader,
    source,
)
from callcrm.crm.surveys import after_call, objects, parts, replies, responses, sample, texts
from callcrm.crm.surveys.form_fields import FORM_FIELDS
from callcrm.crm.surveys.reports import digests, results
from callcrm.crm.tables import export_of
from callcrm.i18n.locale import Locale
from callcrm.models import Call, Role
from callcrm.models.crm.survey import SurveyDigest, SurveyKind, SurveyResponse

COLUMNS = (
    *("id", "kind", "channel", "call_id", "customer_id", "phone", "agent_id", "queue", "language", "menu"),
    *("talk_seconds", "asked_at", "answered_at", "score", "comment", "may_share", "story_at"),
)


def entries(session: Session, reader: Reader, rows: Sequence[SurveyResponse]) -> list[HistoryEntry]:
    """Answers on a timeline, each with its call."""
    ids = [row.call_id for row in rows]
    calls = {call.id: call for call in session.exec(select(Call).where(col(Call.id).in_(ids)))}
    return [
        HistoryEntry(
            line=texts.line(reader.locale, row), facts=[], call=calls.get(row.call_id), quote=row.comment
        )
        for row in rows
    ]


def erase(session: Session, customer_id: str) -> int:
    """Deletes what a customer was asked and answered, comments with it."""
    return session.exec(delete(SurveyResponse).where(col(SurveyResponse.customer_id) == customer_id)).rowcount


def _asked_between(since: datetime, until: datetime) -> Select[Any]:
    asked_at = col(SurveyResponse.asked_at)
    return select(SurveyResponse).where(asked_at >= since, asked_at < until)


def _answered_between(since: datetime, until: datetime) -> Select[Any]:
    return _asked_between(since, until).where(responses.ANSWERED)


def _mean(key: str, name: Any, kind: SurveyKind) -> Measure:
    def answers(since: datetime, until: datetime) -> Select[Any]:
        return _answered_between(since, until).where(col(SurveyResponse.kind) == kind)

    headline = kind == SurveyKind.CSAT
    return Measure(key=key, name=name, numerator=answers, summed=results.points(kind), headline=headline)


def _title(locale: Locale) -> str:
    return locale._("Satisfaction")


SURVEYS = Noun(
    name="survey",
    form_fields=FORM_FIELDS,
    tables=(SurveyResponse, SurveyDigest),
    module=Module(
        MODULE,
        _title,
        lambda locale: locale._(
            "One question after a call. Its answers are on the caller’s card, on the customer’s page, on the "
            "call’s and under Satisfaction."
        ),
    ),
    call_ended=after_call.call_ended,
    message_received=replies.message_received,
    history=(
        HistoryKind(
            name="survey",
            title=lambda locale: locale._("Marks"),
            source=source(SurveyResponse, SurveyResponse.asked_at),
            visible=responses.answered_and_visible,
            objects=objects.objects,
            entries=entries,
        ),
    ),
    pop=Part("surveys/_beside_call.html", parts.last_mark),
    customer_page=Part("surveys/_of_customer.html", parts.last_mark),
    call_page=CallPart("surveys/_of_call.html", parts.after_call),
    beside_call=CallPart("surveys/link/_link_beside.html", parts.link_offer),
    pages=(NounPage("/surveys", _title, count="/surveys/weeks/unseen"),),
    settings=(NounPage("/settings/surveys", lambda locale: locale._("Survey"), Role.SUPERVISOR),),
    duties=(Duty("make the weekly digests of surveys", digests.EVERY_SECONDS, digests.make_due),),
    measures=(
        _mean("csat", lambda locale: locale._("satisfaction, 1 to 5"), SurveyKind.CSAT),
        _mean("customer_effort", lambda locale: locale._("ease, 1 to 7"), SurveyKind.EFFORT),
        _mean("nps", lambda locale: locale._("recommendation (NPS)"), SurveyKind.NPS),
        Measure(
            key="survey_response_rate",
            name=lambda locale: locale._("answered the survey"),
            numerator=_answered_between,
            denominator=_asked_between,
        ),
    ),
    export=export_of(SurveyResponse, SurveyResponse.asked_at, COLUMNS),
    erase=erase,
    sample=sample.sample,
)
