"""Invented incidents, and a few ladders that rest on them."""

from datetime import timedelta
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Outcome
from callcrm.models.crm.conduct import IncidentKind, Step, StepState

SHARE = 0.0015  # of answered calls of customers
WARNED_EVERY, PLANNED_EVERY = 4, 12  # incidents
BODIES = {
    "en": (
        (IncidentKind.ABUSE, "Shouted, and called the agent names."),
        (IncidentKind.NUISANCE, "Rang nine times today and said nothing."),
        (IncidentKind.THREAT, "Said he knew where we park."),
        (IncidentKind.OTHER, "Would not end the call after closing time."),
    ),
    "fa": (
        (IncidentKind.ABUSE, "فریاد زد و ناسزا گفت."),
        (IncidentKind.NUISANCE, "امروز نُه بار زنگ زد و چیزی نگفت."),
        (IncidentKind.THREAT, "گفت می‌داند ماشینمان را کجا می‌گذاریم."),
        (IncidentKind.OTHER, "پس از پایانِ ساعتِ کار هم تماس را تمام نمی‌کرد."),
    ),
}
REASONS = {"en": "It was not the first time.", "fa": "بارِ اول نبود."}
WORDS = {
    "en": "We want to help you. Please do not speak to our colleagues like this again.",
    "fa": "می‌خواهیم کمکتان کنیم. لطفاً دیگر با همکارانمان این‌گونه صحبت نکنید.",
}
WEEK = {day: ["09:00-12:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def sample(batch: SampleBatch) -> Rows:
    """Incidents of a few calls, a warning after some, and a contact plan after a few."""
    incidents: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for call in batch.calls:
        if call.customer is None or call.outcome != Outcome.ANSWERED or batch.random.random() >= SHARE:
            continue
        incident = _incident(batch, call)
        incidents.append(incident)
        number = batch.seen["incidents"] = batch.seen.get("incidents", 0) + 1
        if number % WARNED_EVERY == 0:
            steps.append(_step(batch, call, incident, Step.WARNED, text=WORDS[call.language]))
        if number % PLANNED_EVERY == 0:
            agent = call.customer.owner_id or batch.random.choice(batch.agents)
            plan = {"agent_id": agent, "hours": WEEK, "channel": "phone"}
            steps.append(_step(batch, call, incident, Step.PLAN, **plan))
    return {"incident": incidents, "conduct_step": steps}


def _incident(batch: SampleBatch, call: SampleCall) -> dict[str, Any]:
    kind, body = batch.random.choice(BODIES[call.language])
    by = call.agent_id or batch.random.choice(batch.agents)
    return {
        "id": derived_id("inc", call.id),
        "customer_id": call.customer.id if call.customer else None,
        "call_id": call.id,
        "kind": kind,
        "second": float(batch.random.randint(5, 60)),
        "body": body,
        "search_text": search_text(body),
        "agent_id": by,
        "created_by": by,
        "created_at": call.ended_at,
        "help_wanted": False,
    }


def _step(
    batch: SampleBatch, call: SampleCall, incident: dict[str, Any], step: Step, **more: Any
) -> dict[str, Any]:
    at = call.ended_at + timedelta(hours=2 if step == Step.WARNED else 3)
    row = {"text": "", "agent_id": None, "hours": None, "channel": None}
    return {
        "id": derived_id("stp", step, call.id),
        "customer_id": incident["customer_id"],
        "incident_id": incident["id"],
        "step": step,
        "state": StepState.IN_FORCE,
        "reason": REASONS[call.language],
        "review_at": at + timedelta(days=180),
        "proposed_by": incident["created_by"],
        "proposed_at": at,
        "decided_by": "sample",
        "decided_at": at,
        "lifted_reason": "",
        **row,
        **more,
    }
