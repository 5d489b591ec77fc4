"""Whom a caller may be put through to, of whom conduct says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.business import modules
from callcrm.models.crm.conduct import ConductStep
from callcrm.routing.claim import agent_available, claim_agent, is_staffed
from callcrm.routing.selection import CallerNeeds
from tests.agents.staffing import NOON, Floor, at, customer, hire, waiting_call

Watch = Callable[[], Any]
KIM = CallerNeeds("new", "sales", "en", customer_id="kim")
OTHER = CallerNeeds("other", "sales", "en")
NOON_ALONE = {"monday": ["12:00-13:00"]}  # the day of NOON is a Monday


def rule(session: Session, /, name: str, step: str = "plan", **fields: Any) -> None:
    """A step of the ladder of kim."""
    defaults = {"state": "in_force", "reason": "A threat.", "proposed_by": "sara", "proposed_at": NOON}
    row = {"id": name, "customer_id": "kim", "step": step, "decided_at": NOON, **defaults, **fields}
    session.add(ConductStep(**row))


@pytest.fixture
def planned(floor: Floor) -> Floor:
    """Ben is idle longer, but kim may speak with ana alone."""
    floor.do(hire, "ana", since=at(50), queues=["support"])
    floor.do(hire, "ben")
    floor.do(customer, "kim", owner_id="ben")
    floor.do(rule, "plan", agent_id="ana")
    return floor


def got(floor: Floor, needs: CallerNeeds = KIM, seconds: float = 100, **more: Any) -> str | None:
    target = floor.do(claim_agent, needs, at(seconds), **more)
    return target.agent if target else None


def test_the_agent_of_the_plan_is_rung_whatever_the_queue(planned: Floor) -> None:
    assert got(planned) == "ana"


def test_nobody_else_is_rung_while_the_agent_is_busy(planned: Floor) -> None:
    assert got(planned) == "ana"
    assert got(planned, replace(KIM, call_id="again")) is None
    assert planned.agent("ben").state == "available"


def test_whom_no_plan_names_gets_whoever_is_free(planned: Floor) -> None:
    assert got(planned, OTHER) == "ben"


@pytest.mark.parametrize("state", ["proposed", "refused", "lifted", "replaced"])
def test_a_plan_that_is_not_in_force_says_nothing(planned: Floor, state: str) -> None:
    planned.do(lambda session: setattr(session.get_one(ConductStep, "plan"), "state", state))
    assert got(planned) == "ben"


def test_outside_its_hours_and_by_another_channel_nobody_is_rung(planned: Floor) -> None:
    planned.do(lambda session: setattr(session.get_one(ConductStep, "plan"), "hours", NOON_ALONE))
    assert planned.do(is_staffed, "sales", at(100), KIM)
    assert not planned.do(is_staffed, "sales", NOON + timedelta(hours=2), KIM)
    assert got(planned, seconds=7200) is None
    planned.do(lambda session: setattr(session.get_one(ConductStep, "plan"), "channel", "letter"))
    assert got(planned) is None


def test_who_was_given_up_reaches_no_agent(planned: Floor) -> None:
    planned.do(rule, "end", "ended")
    assert got(planned) is None
    assert not planned.do(is_staffed, "sales", NOON, KIM)
    assert planned.do(is_staffed, "sales", NOON, OTHER)


def test_of_two_plans_the_one_decided_last_counts(planned: Floor) -> None:
    planned.do(rule, "aplan", agent_id="ben", decided_at=at(60))
    assert got(planned) == "ben"


@pytest.mark.parametrize(("state", "staffed"), [("on_call", True), ("wrap_up", True), ("break", False)])
def test_they_wait_while_the_agent_is_on_duty(planned: Floor, state: str, staffed: bool) -> None:
    planned.do(hire, "cyn", state=state)
    planned.do(rule, "of cyn", agent_id="cyn", decided_at=at(60))
    assert planned.do(is_staffed, "sales", NOON, KIM) is staffed
    assert not planned.do(agent_available, KIM, at(100))


def test_one_who_waits_for_their_agent_holds_nobody_back(planned: Floor) -> None:
    planned.do(hire, "cyn", state="on_call")
    planned.do(rule, "of cyn", agent_id="cyn", decided_at=at(60))
    planned.do(waiting_call, "new", 90, customer_id="kim")
    assert got(planned, OTHER) == "ben"


def test_they_are_let_out_of_the_queue_for_their_agent(planned: Floor) -> None:
    planned.do(waiting_call, "new", 90, customer_id="kim")
    assert planned.do(agent_available, KIM, at(100))
    support = replace(OTHER, queue="support")
    assert got(planned, support, exclude={"ben"}) is None  # ana is kept for who came first


def test_a_switched_off_module_says_nothing(planned: Floor) -> None:
    planned.do(lambda session: modules.switch_off(session, ["conduct"], by=None, now=NOON))
    assert got(planned) == "ben"


def test_a_plan_costs_two_statements_more_and_nothing_where_there_is_none(
    planned: Floor, statements: Watch
) -> None:
    with statements() as seen:
        assert got(planned) == "ana"
    assert len([one for one in seen if "INTO live_event" not in one]) <= 7
