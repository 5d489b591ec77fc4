"""The demo's one customer with whom one agent alone speaks, and what led there."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.demo.sample_data.people import AGENTS, STAFF
from callcrm.demo.sample_data.rows import Row
from callcrm.models.crm.conduct import IncidentKind, Step, StepState

CUSTOMER = "cus_demo0009"  # none of those whom a visitor can call as
INCIDENTS = (
    (40, IncidentKind.ABUSE, "Shouted at Omar and called him names because a shirt was late."),
    (21, IncidentKind.THREAT, "Said she would come by and that we would regret it."),
)
WORDS = "We want to help you. The way you spoke to our colleague is not acceptable to us."
WEEK = {day: ["09:00-12:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def add_conduct(tables: Mapping[str, list[Row]], now: datetime) -> None:
    """Two incidents, a warning, a plan whose review has come, and a proposal that waits."""
    calls = [call for call in tables["call"] if call["customer_id"] == CUSTOMER and call["answered_at"]]
    sara, omar, grace = AGENTS[0].id, AGENTS[1].id, STAFF[-1].id
    for number, (days, kind, body) in enumerate(INCIDENTS):
        call = calls[-1 - number] if len(calls) > number else None
        tables["incident"].append(
            {
                "id": derived_id("inc", CUSTOMER, kind),
                "customer_id": CUSTOMER,
                "call_id": call["id"] if call else None,
                "kind": kind,
                "second": 12.0 if call else None,
                "body": body,
                "search_text": search_text(body),
                "agent_id": omar,
                "created_by": omar,
                "created_at": now - timedelta(days=days),
                "help_wanted": False,
            }
        )
    warned = {"incident_id": derived_id("inc", CUSTOMER, IncidentKind.ABUSE), "text": WORDS}
    plan = {
        "incident_id": derived_id("inc", CUSTOMER, IncidentKind.THREAT),
        "agent_id": sara,
        "hours": WEEK,
        "channel": "phone",
    }
    tables["conduct_step"] += [
        _step(Step.WARNED, "Shouted at Omar.", now - timedelta(days=39), (omar, grace), **warned),
        _step(
            Step.PLAN,
            "A threat. Sara has known her for years.",
            now - timedelta(days=20),
            (sara, grace),
            **plan,
        ),
    ]


def _step(step: Step, reason: str, at: datetime, people: tuple[str, str], **more: object) -> Row:
    empty = {"incident_id": None, "text": "", "agent_id": None, "hours": None, "channel": None}
    return {
        "id": derived_id("stp", CUSTOMER, step),
        "customer_id": CUSTOMER,
        "step": step,
        "state": StepState.IN_FORCE,
        "reason": reason,
        "review_at": at + timedelta(days=19 if step == Step.PLAN else 180),
        "proposed_by": people[0],
        "proposed_at": at,
        "decided_by": people[1],
        "decided_at": at + timedelta(hours=1),
        "lifted_reason": "",
        **empty,
        **more,
    }
