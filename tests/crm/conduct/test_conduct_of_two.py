"""Ladders of customers who are merged, parted again and erased."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from callcrm.business import audit
from callcrm.crm import erasure, merge
from callcrm.crm.conduct import incidents, ladder, plans
from callcrm.crm.conduct.incidents import Evidence
from callcrm.crm.conduct.ladder import Plan, Wish
from callcrm.crm.seams import SEAMS
from callcrm.models import AuditEntry
from callcrm.models.crm.conduct import ConductStep, Incident, IncidentKind, Step
from callcrm.store.store import Store
from tests.agents.staffing import NOON, Floor, customer, hire

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def plan(session: Session, whose: str, agent: str, now: datetime) -> None:
    wish = Wish(step=Step.PLAN, reason="A threat.", plan=Plan(agent_id=agent))
    plans.put(session, whose, wish, by="grace", now=now)


def agent_of(session: Session, whose: str) -> str | None:
    row = plans.of_customer(session, whose)
    return row.agent_id if row else None


def test_the_plan_decided_last_stands_and_parts_again(store: Store) -> None:
    floor = Floor(store)
    for name in ("ana", "ben"):
        floor.do(hire, name)
    for name in ("kim", "kimberly"):
        floor.do(customer, name)
    floor.do(plan, "kim", "ana", LATER)
    floor.do(plan, "kimberly", "ben", NOON)
    moved = floor.do(merge.move, SEAMS, "kim", "kimberly")
    assert floor.do(agent_of, "kimberly") == "ana"
    floor.do(merge.move_back, SEAMS, moved, "kim")
    assert (floor.do(agent_of, "kim"), floor.do(agent_of, "kimberly")) == ("ana", "ben")


def test_erasing_leaves_nothing_but_ids(store: Store) -> None:
    floor = Floor(store)
    floor.do(customer, "kim")
    floor.do(incidents.file, "kim", IncidentKind.THREAT, Evidence(body="A knife."), by="ana", now=NOON)
    floor.do(ladder.take, "kim", Wish(step=Step.WARNED, reason="A knife."), by="grace", now=NOON)
    data = {"reason": "He asked for Ben."}
    floor.do(
        audit.record, "contact.overridden", actor="grace", subject=("customer", "kim"), now=NOON, data=data
    )
    assert floor.do(erasure.erase, SEAMS, "kim")["incident"] == 2
    assert floor.do(lambda session: session.exec(select(Incident)).all()) == []
    assert floor.do(lambda session: session.exec(select(ConductStep)).all()) == []
    kept = str(floor.do(lambda session: session.exec(select(AuditEntry.data)).all()))
    assert "knife" not in kept
    assert "Ben" not in kept
