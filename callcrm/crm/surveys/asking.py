"""Asking after a call: by an SMS that can be answered, or by a link, which an agent may pass on too."""

from datetime import datetime, timedelta

import structlog
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_secret
from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.calls import survey_question
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.surveys import texts
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.messages import opt_out, send
from callcrm.models import Call, Customer, Direction, Outcome
from callcrm.models.crm.survey import SCALES, SurveyChannel, SurveyResponse

SOON = timedelta(hours=1)  # after a call: who is asked later has forgotten it
log = structlog.get_logger()


def ask_after(session: Session, runtime: CallRuntime, call: Call, now: datetime) -> SurveyResponse | None:
    """Sends the question about a call that has just ended, where it is asked by SMS or link; None where it is
    not, or can't be sent.
    """
    setting = surveys.asking(session)
    if setting is None or setting.channel == SurveyChannel.KEYPRESS or not _was_conversation(call):
        return None
    if call.ended_at is None or now - call.ended_at > SOON or not can_message(session, runtime, call):
        return None
    survey_question.wait_for_others(session, call.phone, call.customer_id)
    if not survey_question.may_ask(session, setting, call.phone, call.customer_id, now):
        return None
    row = _ask(session, runtime, call, setting, now)
    body = _body(session, runtime, row, now)
    try:
        message = send.compose(
            session, runtime.settings, to=call.phone or "", body=body, author_id=None, now=now
        )
    except Refused as fault:
        log.warning("a survey could not be sent", call=call.id, fault=type(fault).__name__)
        session.delete(row)
        session.flush()
        return None
    row.message_id = message.id
    return row


def can_message(session: Session, runtime: CallRuntime, call: Call) -> bool:
    """Whether the caller has a number that takes messages from us."""
    own = runtime.own_numbers
    return bool(
        runtime.settings.numbers
        and call.phone
        and call.phone not in own
        and not opt_out.has_opted_out(session, call.phone)
    )


def link_for(session: Session, runtime: CallRuntime, call_id: str, now: datetime) -> str:
    """The link that an agent passes on after a call, the same each time. Refused where callers are not asked
    by a link, or this one is not to be asked.
    """
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("There is no such call.")
    survey_question.wait_for_others(session, call.phone, call.customer_id)
    row = session.exec(select(SurveyResponse).where(col(SurveyResponse.call_id) == call.id)).first()
    if row is None:
        setting = _setting_for_link(session, call)
        _check_may_ask(session, setting, call, now)
        row = _ask(session, runtime, call, setting, now)
    if row.token is None:
        raise Refused("They were asked by a key already.")
    return url_of(runtime, row.token)


def why_no_link(session: Session, call: Call, now: datetime) -> Refused | None:
    """Why there is no link to pass on after this call; None where there is one."""
    responses = select(SurveyResponse.id).where(col(SurveyResponse.call_id) == call.id)
    try:
        setting = _setting_for_link(session, call)
        if session.exec(responses).first() is None:
            _check_may_ask(session, setting, call, now)
    except Refused as fault:
        return fault
    return None


def _check_may_ask(session: Session, setting: SurveySettings, call: Call, now: datetime) -> None:
    if not survey_question.may_ask(session, setting, call.phone, call.customer_id, now):
        raise Refused("They are not to be asked now: they were asked lately, or something is open with them.")


def _setting_for_link(session: Session, call: Call) -> SurveySettings:
    setting = surveys.asking(session)
    if setting is None or setting.channel != SurveyChannel.LINK:
        raise Refused("Callers are not asked by a link now.")
    if call.direction != Direction.INBOUND or call.answered_at is None:
        raise Refused("Only who called us and spoke with us is asked.")
    return setting


def _was_conversation(call: Call) -> bool:
    spoke = call.outcome == Outcome.ANSWERED and call.direction == Direction.INBOUND
    return spoke and (call.talk_seconds or 0) >= survey_question.MIN_TALK_SECONDS


def _ask(
    session: Session, runtime: CallRuntime, call: Call, setting: SurveySettings, now: datetime
) -> SurveyResponse:
    row = SurveyResponse(
        id=survey_question.response_id(call.id),
        kind=setting.kind,
        channel=setting.channel,
        call_id=call.id,
        customer_id=call.customer_id,
        phone=call.phone,
        agent_id=call.agent_id,
        queue=call.queue,
        language=_language(session, call),
        menu=survey_question.menu_of(call.ivr_path),
        talk_seconds=call.talk_seconds,
        tier=survey_question.tier_of(session, call.customer_id),
        asked_at=now,
        token=new_secret(),
    )
    session.add(row)
    session.flush()
    return row


def _language(session: Session, call: Call) -> str:
    """The call's language, else the customer's."""
    customer = session.get(Customer, call.customer_id) if call.customer_id else None
    spoken = (call.language, customer.language if customer else None)
    return next((language for language in spoken if language in LANGUAGES), "en") or "en"


def url_of(runtime: CallRuntime, token: str) -> str:
    """Where the question is answered."""
    return f"{runtime.settings.public_url}/survey/{token}"


def _body(session: Session, runtime: CallRuntime, row: SurveyResponse, now: datetime) -> str:
    settings = runtime.settings
    locale = Locale(row.language, settings.zone, settings.default_region, lambda: now)
    question, url = texts.question(locale, row.kind), url_of(runtime, row.token or "")
    if row.channel == SurveyChannel.LINK:
        return locale._("%(question)s One tap: %(url)s", question=question, url=url)
    lowest, highest = SCALES[texts.kind_of(row)]
    low, high = texts.ends(locale, row.kind)
    return locale._(
        "%(question)s Reply with a number from %(lowest)s (%(low)s) to %(highest)s (%(high)s), or say more: "
        "%(url)s",
        question=question,
        lowest=locale.number(lowest),
        low=low,
        highest=locale.number(highest),
        high=high,
        url=url,
    )
