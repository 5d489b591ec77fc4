"""The softphone's lease: there as long as its page says so, and told when that changes."""

import pytest

from callcrm.agents import softphone, state_log, states
from callcrm.base.errors import NotFound
from tests.agents.staffing import Floor, at, hire


def kinds(floor: Floor) -> list[tuple[str, str]]:
    return [(event.kind, event.subject) for event in floor.live_events()]


def test_a_page_that_keeps_saying_so_is_announced_once(floor: Floor) -> None:
    floor.do(hire, "ana")
    for seconds in (0, 10, 20):
        floor.do(softphone.register, "ana", at(seconds))
    assert floor.agent("ana").softphone_until == at(20) + softphone.LEASE
    assert kinds(floor) == [("agent.updated", "ana")]


def test_a_page_that_falls_silent_is_found_out_once(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(softphone.register, "ana", at(0))
    assert floor.do(softphone.expire, at(24)) == 0
    assert floor.do(softphone.expire, at(25)) == 1
    assert floor.do(softphone.expire, at(26)) == 0
    assert floor.agent("ana").softphone_until is None
    assert kinds(floor) == [("agent.updated", "ana")] * 2


def test_a_page_that_comes_back_after_its_lease_is_told_anew(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(softphone.register, "ana", at(0))
    floor.do(softphone.register, "ana", at(60))
    assert len(kinds(floor)) == 2


def test_a_goodbye_is_told_once(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(softphone.register, "ana", at(0))
    for _ in range(2):
        floor.do(softphone.unregister, "ana", at(1))
    assert len(kinds(floor)) == 2


def test_who_takes_no_calls_has_no_softphone(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(softphone.register, "nobody", at(0))


def test_what_agents_chose_is_written_down_and_by_whom(floor: Floor) -> None:
    floor.do(hire, "ana")
    floor.do(states.set_state, "ana", "break", at(10), "ana")
    floor.do(states.set_state, "ana", "break", at(20), "sara")
    floor.do(states.set_state, "ana", "available", at(30), "sara")
    floor.do(softphone.register, "ana", at(40))
    changes = floor.do(state_log.changes_since, "ana", at(0))
    assert [(change.state, change.at, change.by_id) for change in changes] == [
        ("break", at(10), None),
        ("available", at(30), "sara"),
        ("softphone", at(40), None),
    ]
