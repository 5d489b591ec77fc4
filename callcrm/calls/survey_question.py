"""Whether a caller is asked for a mark now that a conversation is over, and that they were."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.base.ids import derived_id
from callcrm.business import surveys
from callcrm.ledger.surveys import HUMAN
from callcrm.models import Call, Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import ConductStep, Step, StepState
from callcrm.models.crm.survey import SurveyChannel, SurveyResponse
from callcrm.store.postgres.serialize import serialize
from callcrm.store.upsert import insert_if_absent

RESPONSE = table_of(SurveyResponse)
COMPLAINT = table_of(Complaint)
STEP = table_of(ConductStep)
CUSTOMER = table_of(Customer)
MIN_TALK_SECONDS = 20  # who spoke with us for less has nothing to judge


def response_id(call_id: str) -> str:
    """The id of a call's survey: derived from it, so that a call has one."""
    return derived_id("srv", call_id)


def kind_due(
    session: Session, *, phone: str | None, customer_id: str | None, talk_seconds: int | None, now: datetime
) -> str:
    """The kind of question to ask by a key; "" for none. All of it is looked up by an index.

    A withheld caller is not asked: nobody could tell how often.
    """
    if phone is None or (talk_seconds or 0) < MIN_TALK_SECONDS:
        return ""
    setting = surveys.asking(session)
    if setting is None or setting.channel != SurveyChannel.KEYPRESS:
        return ""
    wait_for_others(session, phone, customer_id)
    return setting.kind if may_ask(session, setting, phone, customer_id, now) else ""


def wait_for_others(session: Session, phone: str | None, customer_id: str | None) -> None:
    """So that nobody is asked twice whose two calls end at once: to be called before `may_ask` where the
    question is then put.
    """
    serialize(session, *(f"survey of {whose}" for whose in (phone, customer_id) if whose is not None))


def may_ask(
    session: Session,
    setting: surveys.SurveySettings,
    phone: str | None,
    customer_id: str | None,
    now: datetime,
) -> bool:
    """Whether the caller has not been asked lately, and nothing speaks against asking them."""
    since = now - timedelta(days=setting.every_days)
    asked_lately = [
        exists().where(column == value, RESPONSE.c.asked_at > since)
        for column, value in ((RESPONSE.c.phone, phone), (RESPONSE.c.customer_id, customer_id))
        if value is not None
    ]
    against = or_(false(), *asked_lately, *_open_matters(phone, customer_id))
    return not session.connection().execute(select(against)).scalar()


def _open_matters(phone: str | None, customer_id: str | None) -> list[ColumnElement[bool]]:
    """What speaks against asking: an open complaint, or a contact plan that is in force."""
    is_open = COMPLAINT.c.closed_at.is_(None)
    matters: list[ColumnElement[bool]] = []
    if phone:
        matters.append(exists().where(COMPLAINT.c.phone == phone, is_open))
    if customer_id:
        rules = (STEP.c.state == StepState.IN_FORCE, STEP.c.step.in_((Step.PLAN, Step.ENDED)))
        matters.append(exists().where(COMPLAINT.c.customer_id == customer_id, is_open))
        matters.append(exists().where(STEP.c.customer_id == customer_id, *rules))
    return matters


def record_asked(session: Session, call: Mapping[str, Any], kind: str, now: datetime) -> None:
    """Notes that the call's caller was asked by a key: so that they are not asked again. Safe to repeat."""
    insert_if_absent(
        session,
        SurveyResponse,
        "call_id",
        id=response_id(call["id"]),
        kind=kind,
        channel=SurveyChannel.KEYPRESS,
        asked_at=now,
        call_id=call["id"],
        **{name: call[name] for name in ("customer_id", "phone", "agent_id", "queue", "talk_seconds")},
        language=call["language"] or "en",
        menu=menu_of(call["ivr_path"]),
        tier=tier_of(session, call["customer_id"]),
        comment="",
        may_share=False,
    )


def tier_of(session: Session, customer_id: str | None) -> str | None:
    """The customer's tier as it is now."""
    if customer_id is None:
        return None
    tier: str | None = (
        session.connection().execute(select(CUSTOMER.c.tier).where(CUSTOMER.c.id == customer_id)).scalar()
    )
    return tier


def menu_of(ivr_path: list[dict[str, Any]]) -> str:
    """The way through the menus as a short text, `main:1 more:2`, without the choice of a language."""
    steps = [f"{step['node']}:{step['input']}" for step in ivr_path or () if step["node"] != "language"]
    return " ".join(steps)[:200]


def sees_mark(reader: Principal, call: Call) -> bool:
    """Whether the mark given after this call is for this reader: a supervisor, or the agent who had it."""
    return reader.supervises or (reader.user_id is not None and reader.user_id == call.agent_id)


def without_mark(data: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event of the carrier's without the key by which a mark was given."""
    if facts.get("mark") in (None, HUMAN):
        return dict(data)
    return {name: value for name, value in data.items() if name not in ("Digits", "SpeechResult")}
