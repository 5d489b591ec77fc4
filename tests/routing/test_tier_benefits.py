"""What tiers get in line: a head start of their own, their own agent for a while, a queue of their own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.business import modules, settings
from callcrm.models import Agent
from callcrm.routing.claim import agent_available, claim_agent, queue_of_tier
from callcrm.routing.priority import OWN_AGENT_WAIT
from callcrm.routing.selection import CallerNeeds
from tests.agents.staffing import NOON, Floor, at, customer, hire, waiting_call
from tests.routing.test_claim import NEW, got, own_statements

Watch = Callable[[], Any]
KIM = replace(NEW, customer_id="kim")
WAIT = OWN_AGENT_WAIT.total_seconds()


def tiers(session: Session, /, **benefits: Any) -> None:
    """The one tier `vip`, with these benefits."""
    tier = {"code": "vip", "name": "VIP", "rank": 1, "rule": {"purchases": 3}, "benefits": benefits}
    settings.put(session, "tiers", [tier], by=None, now=NOON)


def test_the_head_start_is_that_of_the_setting(floor: Floor) -> None:
    floor.do(tiers, queue_boost=30)
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="VIP")
    floor.do(waiting_call, "other", 0, last_event_at=at(100))
    assert got(floor, KIM, seconds=31) is None
    assert got(floor, KIM, seconds=29) == "ana"


def test_a_tier_that_is_none_of_ours_overtakes_nobody(floor: Floor) -> None:
    floor.do(tiers, queue_boost=30)
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="gold")
    floor.do(waiting_call, "other", 0)
    assert got(floor, KIM, seconds=1) is None


def test_while_tiers_are_switched_off_nobody_overtakes(floor: Floor) -> None:
    floor.do(modules.switch_off, ["tiers"], by=None, now=NOON)
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="gold")
    floor.do(waiting_call, "other", 0)
    assert got(floor, KIM, seconds=1) is None


def test_the_setting_takes_no_statement_more(floor: Floor, statements: Watch) -> None:
    floor.do(tiers, queue_boost=30, own_agent=True)
    floor.do(hire, "ana")
    floor.do(customer, "kim", owner_id="ana", tier="vip")
    with statements() as seen:
        assert got(floor, KIM) == "ana"
    assert own_statements(seen) == 4


@pytest.fixture
def own(floor: Floor) -> Floor:
    """Kim, whose own agent Ben talks to somebody, while Ana is free."""
    floor.do(tiers, own_agent=True)
    floor.do(hire, "ana")
    floor.do(hire, "ben", state="on_call", call_id="c1")
    floor.do(customer, "kim", owner_id="ben", tier="vip")
    return floor


def test_a_new_caller_holds_out_for_their_own_agent(own: Floor) -> None:
    assert got(own, KIM) is None


def test_they_do_so_for_a_minute(own: Floor) -> None:
    own.do(waiting_call, "new", 0, customer_id="kim", last_event_at=at(WAIT))
    assert not own.do(agent_available, KIM, at(WAIT - 1))
    assert own.do(agent_available, KIM, at(WAIT))
    assert got(own, KIM, seconds=WAIT) == "ana"


@pytest.mark.parametrize(
    "gone",
    [{"state": "break"}, {"state": "offline"}, {"next_state": "offline"}, {"queues": ["support"]}],
    ids=str,
)
def test_who_will_not_come_is_not_waited_for(own: Floor, gone: dict[str, Any]) -> None:
    own.do(set_own, **gone)
    assert got(own, KIM) == "ana"


def set_own(session: Session, /, **values: Any) -> None:
    """What becomes of Ben."""
    for name, value in values.items():
        setattr(session.get_one(Agent, "ben"), name, value)


def test_without_the_benefit_nobody_holds_out(own: Floor) -> None:
    own.do(tiers, own_agent=False)
    assert got(own, KIM) == "ana"


def test_who_holds_out_keeps_nobody_from_the_agents_who_are_free(own: Floor) -> None:
    own.do(waiting_call, "kims", 0, customer_id="kim", last_event_at=at(50))
    assert got(own, CallerNeeds("other", "sales"), seconds=50) == "ana"


def test_their_own_agent_is_theirs_as_soon_as_free(own: Floor) -> None:
    own.do(waiting_call, "kims", 0, customer_id="kim", last_event_at=at(50))
    own.do(set_own, state="available", call_id=None)
    needs = replace(KIM, call_id="kims")
    assert own.do(agent_available, needs, at(50))
    target = own.do(claim_agent, needs, at(50))
    assert target is not None
    assert target.agent == "ben"


def test_a_queue_of_ones_own_is_for_when_somebody_serves_it(floor: Floor) -> None:
    floor.do(tiers, queue="lounge")
    floor.do(customer, "kim", tier="vip")
    floor.do(customer, "leo")
    floor.do(hire, "ana", queues=["sales"])
    assert floor.do(queue_of_tier, "kim", "sales", NOON) == "sales"
    floor.do(hire, "ben", queues=["lounge"], state="wrap_up")
    assert floor.do(queue_of_tier, "kim", "sales", NOON) == "lounge"
    assert floor.do(queue_of_tier, "leo", "sales", NOON) == "sales"
    floor.do(modules.switch_off, ["tiers"], by=None, now=NOON)
    assert floor.do(queue_of_tier, "kim", "sales", NOON) == "sales"
