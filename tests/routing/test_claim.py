"""Which agent a caller gets, from the store's own rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.agents import states
from callcrm.ivr.steps import Target
from callcrm.models import Call, User
from callcrm.routing.claim import agent_available, claim_agent, is_staffed
from callcrm.routing.selection import CallerNeeds
from tests.agents.staffing import NOON, Floor, at, call, customer, hire, waiting_call

Watch = Callable[[], Any]

NEW = CallerNeeds("new", "sales", "en")


def got(floor: Floor, needs: CallerNeeds = NEW, seconds: float = 100, **more: Any) -> str | None:
    """The agent this caller gets at that second."""
    target = floor.do(claim_agent, needs, at(seconds), **more)
    return target.agent if target else None


def test_a_free_agent_is_claimed_and_rung(floor: Floor) -> None:
    floor.do(hire, "ana")
    target = floor.do(claim_agent, NEW, at(100))
    assert target == Target("+12025550111", agent="ana", screen=True)
    assert (floor.agent("ana").state, floor.agent("ana").call_id) == ("ringing", "new")


def test_nobody_free_is_nobody(floor: Floor) -> None:
    floor.do(hire, "ana", state="on_call", call_id="c1")
    assert got(floor) is None


def test_who_does_not_serve_the_queue_or_cannot_be_rung_is_passed_over(floor: Floor) -> None:
    floor.do(hire, "ana", queues=["support"])
    floor.do(hire, "ben", queues=[])
    floor.do(hire, "cyn", number=None)
    floor.do(hire, "dan", number=None, softphone_until=at(100))
    floor.do(hire, "eve", state="break")
    assert got(floor) is None


def test_who_was_disabled_is_passed_over(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(lambda session: setattr(session.get_one(User, "ana"), "disabled_at", NOON))
    assert got(floor) is None
    assert not floor.do(is_staffed, "sales", NOON)


def test_an_agent_without_a_phone_is_rung_on_a_live_softphone(floor: Floor) -> None:
    floor.do(hire, "ana", number=None, softphone_until=at(101))
    assert floor.do(claim_agent, NEW, at(100)) == Target("ana", kind="softphone", agent="ana")


def test_those_already_rung_are_passed_over(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    assert got(floor, exclude={"ana"}) == "ben"
    assert got(floor, exclude={"ana", "ben"}) is None


def test_the_customers_own_agent_comes_first(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    floor.do(customer, "kim", owner_id="ben")
    assert got(floor, replace(NEW, customer_id="kim")) == "ben"


def test_the_agent_spoken_with_last_comes_first(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    floor.do(hire, "cyn", since=at(20))
    floor.do(customer, "kim")
    spoke = {"customer_id": "kim", "state": "ended", "answered_at": NOON}
    floor.do(call, "older", agent_id="cyn", started_at=at(-900), **spoke)
    floor.do(call, "newer", agent_id="ben", started_at=at(-600), **spoke)
    assert got(floor, replace(NEW, customer_id="kim")) == "ben"


def test_a_number_that_is_nobodys_still_gets_who_spoke_with_it_last(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    floor.do(call, "old", phone="+442079460018", agent_id="ben", state="ended", answered_at=NOON)
    assert got(floor, replace(NEW, phone="+442079460018")) == "ben"


def test_a_ring_nobody_answered_makes_no_one_familiar(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    floor.do(customer, "kim")
    floor.do(call, "missed", customer_id="kim", agent_id="ben", state="ended")
    assert got(floor, replace(NEW, customer_id="kim")) == "ana"


def test_a_missed_ring_puts_an_agent_last(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben", since=at(50))
    assert got(floor) == "ana"
    floor.do(states.release, "ana", "new", at(120), spoke=False)
    assert got(floor, replace(NEW, call_id="next"), seconds=121) == "ben"


def test_a_new_caller_does_not_overtake_one_who_waits(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "first", 90)
    assert got(floor) is None
    assert floor.agent("ana").state == "available"


def test_the_one_who_waits_is_let_out_and_served(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "first", 90)
    first = CallerNeeds("first", "sales")
    assert floor.do(agent_available, first, at(100))
    assert got(floor, first) == "ana"


def test_only_the_first_in_line_is_let_out(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "first", 80)
    floor.do(waiting_call, "second", 90)
    assert not floor.do(agent_available, CallerNeeds("second", "sales"), at(100))


def test_two_are_let_out_when_two_are_free(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(hire, "ben")
    floor.do(waiting_call, "first", 80)
    floor.do(waiting_call, "second", 90)
    assert floor.do(agent_available, CallerNeeds("second", "sales"), at(100))


def test_nobody_is_let_out_while_nobody_is_free(floor: Floor) -> None:
    floor.do(hire, "ana", state="wrap_up")
    floor.do(waiting_call, "first", 90)
    assert not floor.do(agent_available, CallerNeeds("first", "sales"), at(100))


def test_one_who_waits_for_others_holds_nobody_back(floor: Floor) -> None:
    floor.do(hire, "ana", queues=["sales"])
    floor.do(waiting_call, "first", 90, "support")
    assert got(floor) == "ana"


def test_gold_overtakes_those_who_came_up_to_two_minutes_before(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "bronze", 0, last_event_at=at(100))
    gold = replace(NEW, tier="gold")
    assert got(floor, gold, seconds=121) is None
    assert got(floor, gold, seconds=119) == "ana"


def test_the_tier_is_the_customers_where_nobody_says_it(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="gold")
    floor.do(waiting_call, "bronze", 0)
    assert got(floor, replace(NEW, customer_id="kim")) == "ana"


def test_a_gold_caller_who_waits_is_let_out_before_a_bronze_one(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="gold")
    floor.do(waiting_call, "bronze", 0)
    floor.do(waiting_call, "gold", 90, customer_id="kim")
    assert floor.do(agent_available, CallerNeeds("gold", "sales"), at(100))


def test_the_tier_of_those_who_wait_counts_too(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(customer, "kim", tier="gold")
    floor.do(waiting_call, "gold", 90, customer_id="kim")
    floor.do(waiting_call, "bronze", 0)
    assert not floor.do(agent_available, CallerNeeds("bronze", "sales"), at(100))


def test_a_call_the_carrier_forgot_holds_no_place(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "ghost", 0)
    assert got(floor, seconds=119) is None
    assert got(floor, seconds=121) == "ana"


def test_a_caller_who_waits_long_but_is_heard_of_keeps_the_place(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "patient", 0, last_event_at=at(3590))
    assert got(floor, seconds=3600) is None


def test_a_bronze_caller_is_served_amid_a_stream_of_gold_ones(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(waiting_call, "bronze", 0, last_event_at=at(600))
    for second in range(10, 400, 20):
        gold = f"gold{second}"
        floor.do(call, gold, queue="sales", state="queued", queued_at=at(second), last_event_at=at(second))
        if not floor.do(claim_agent, CallerNeeds(gold, "sales", tier="gold"), at(second)):
            break
        floor.do(states.release_call, gold, at(second + 19))
        floor.do(_end, gold)
    assert second == 130
    assert got(floor, CallerNeeds("bronze", "sales"), seconds=131) == "ana"


def _end(session: Session, name: str) -> None:
    session.get_one(Call, name).state = "ended"


@pytest.mark.parametrize("state", ["available", "ringing", "on_call", "wrap_up"])
def test_a_queue_is_staffed_by_who_is_signed_on(floor: Floor, state: str) -> None:
    floor.do(hire, "ana", state=state)
    assert floor.do(is_staffed, "sales", NOON)


def test_a_queue_is_not_staffed_by_who_will_not_come(floor: Floor) -> None:
    floor.do(hire, "ana", state="break")
    floor.do(hire, "ben", state="offline")
    floor.do(hire, "cyn", queues=["support"])
    floor.do(hire, "dan", number=None)
    floor.do(hire, "eve", number=None, softphone_until=NOON)
    floor.do(hire, "fay", state="on_call", next_state="offline")
    assert not floor.do(is_staffed, "sales", NOON)


def own_statements(statements: list[str]) -> int:
    """How many statements were ours: the announcement is written by live/."""
    return len([statement for statement in statements if "INTO live_event" not in statement])


def test_finding_an_agent_takes_four_statements_at_most(floor: Floor, statements: Watch) -> None:
    for name in ("ana", "ben", "cyn"):
        floor.do(hire, name)
    floor.do(customer, "kim", owner_id="ben")
    with statements() as seen:
        assert got(floor, replace(NEW, customer_id="kim")) == "ben"
    assert own_statements(seen) == 4


def test_finding_nobody_takes_one_statement(floor: Floor, statements: Watch) -> None:
    with statements() as seen:
        assert got(floor) is None
    assert own_statements(seen) == 1


def test_asking_whether_a_queue_is_staffed_takes_one_statement(floor: Floor, statements: Watch) -> None:
    with statements() as seen:
        floor.do(is_staffed, "sales", NOON)
    assert own_statements(seen) == 1
