"""What moves an agent, and what must not."""

import pytest
from sqlmodel import Session

from callcrm.agents import states
from callcrm.base.errors import NotFound, Refused
from callcrm.models import Agent
from tests.agents.staffing import NOON, Floor, at, call, hire


@pytest.fixture
def ana(floor: Floor) -> str:
    """Ana, available since noon."""
    return floor.do(hire, "ana")


def on_call(floor: Floor, agent: str, call_id: str) -> None:
    floor.do(states.claim, agent, call_id, at(1))
    floor.do(states.mark_on_call, agent, call_id, at(2))


def test_a_claimed_agent_rings_for_the_call(floor: Floor, ana: str) -> None:
    assert floor.do(states.claim, ana, "c1", at(5))
    agent = floor.agent(ana)
    assert (agent.state, agent.call_id, agent.since) == ("ringing", "c1", at(5))


def test_only_an_available_agent_can_be_claimed(floor: Floor) -> None:
    for state in ("ringing", "on_call", "wrap_up", "break", "offline"):
        floor.do(hire, state, state=state)
        assert not floor.do(states.claim, state, "c1", at(5))
        assert floor.agent(state).state == state


def test_an_ended_call_claims_nobody(floor: Floor, ana: str) -> None:
    floor.do(call, "c1", state="ended")
    assert not floor.do(states.claim, ana, "c1", at(5))


def test_an_agent_who_answers_is_on_the_call(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    agent = floor.agent(ana)
    assert (agent.state, agent.call_id, agent.since) == ("on_call", "c1", at(2))


def test_an_answer_told_again_changes_nothing(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    assert not floor.do(states.mark_on_call, ana, "c1", at(60))
    assert floor.agent(ana).since == at(2)


def test_another_calls_answer_does_not_move_the_agent(floor: Floor, ana: str) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    assert not floor.do(states.mark_on_call, ana, "c0", at(2))
    assert floor.agent(ana).state == "ringing"


def test_an_agent_who_spoke_wraps_up_for_half_a_minute(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    agent = floor.agent(ana)
    assert (agent.state, agent.call_id, agent.wrap_up_until) == ("wrap_up", None, at(130))


def test_an_agent_who_missed_a_ring_is_the_last_in_turn(floor: Floor, ana: str) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    floor.do(states.release, ana, "c1", at(21), spoke=False)
    agent = floor.agent(ana)
    assert (agent.state, agent.call_id, agent.since) == ("available", None, at(21))


def test_a_release_told_again_changes_nothing(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    assert not floor.do(states.release, ana, "c1", at(120), spoke=True)
    assert floor.agent(ana).wrap_up_until == at(130)


def test_a_late_history_never_pushes_an_agent_into_wrap_up(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    floor.do(states.end_wrap_ups, at(130))
    on_call(floor, ana, "c2")
    floor.do(states.release, ana, "c1", at(140), spoke=True)
    assert (floor.agent(ana).state, floor.agent(ana).call_id) == ("on_call", "c2")


def test_wrap_up_ends_by_itself_when_its_time_is_over_and_not_before(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    assert floor.do(states.end_wrap_ups, at(129)) == 0
    assert floor.do(states.end_wrap_ups, at(130)) == 1
    agent = floor.agent(ana)
    assert (agent.state, agent.since, agent.wrap_up_until) == ("available", at(130), None)


def test_a_call_that_ends_frees_all_it_held(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.claim, floor.do(hire, "ben"), "c1", at(3))
    floor.do(states.claim, floor.do(hire, "cyn"), "c2", at(3))
    assert floor.do(states.release_call, "c1", at(50)) == 2
    assert [floor.agent(name).state for name in ("ana", "ben", "cyn")] == ["wrap_up", "available", "ringing"]


def test_who_is_known_to_have_spoken_wraps_up_though_the_answer_was_never_told(
    floor: Floor, ana: str
) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    floor.do(states.release_call, "c1", at(50), spoke=True)
    assert floor.agent(ana).state == "wrap_up"


@pytest.mark.parametrize("wish", ["break", "offline"])
def test_a_wish_during_a_call_is_kept_until_wrap_up_is_over(floor: Floor, ana: str, wish: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.set_state, ana, wish, at(10))
    assert (floor.agent(ana).state, floor.agent(ana).since) == ("on_call", at(2))
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    assert floor.agent(ana).state == "wrap_up"
    floor.do(states.end_wrap_ups, at(130))
    assert (floor.agent(ana).state, floor.agent(ana).next_state) == (wish, None)


def test_a_wish_while_ringing_comes_true_when_the_ring_is_missed(floor: Floor, ana: str) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    floor.do(states.set_state, ana, "break", at(2))
    floor.do(states.release, ana, "c1", at(21), spoke=False)
    assert (floor.agent(ana).state, floor.agent(ana).next_state) == ("break", None)


def test_a_wish_can_be_taken_back(floor: Floor, ana: str) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    floor.do(states.set_state, ana, "break", at(2))
    floor.do(states.set_state, ana, "available", at(3))
    floor.do(states.release, ana, "c1", at(21), spoke=False)
    assert floor.agent(ana).state == "available"


@pytest.mark.parametrize("state", ["available", "break", "offline"])
def test_wrap_up_can_be_cut_short(floor: Floor, ana: str, state: str) -> None:
    on_call(floor, ana, "c1")
    floor.do(states.release, ana, "c1", at(100), spoke=True)
    floor.do(states.set_state, ana, state, at(105))
    agent = floor.agent(ana)
    assert (agent.state, agent.since, agent.wrap_up_until) == (state, at(105), None)


def test_choosing_the_present_state_again_does_not_reset_its_start(floor: Floor, ana: str) -> None:
    floor.do(states.set_state, ana, "available", at(60))
    assert floor.agent(ana).since == NOON


def test_nobody_chooses_a_state_that_calls_alone_set(floor: Floor, ana: str) -> None:
    for state in ("ringing", "on_call", "wrap_up", "asleep", ""):
        with pytest.raises(Refused):
            floor.do(states.set_state, ana, state, at(1))


def test_the_state_of_a_stranger_is_not_found(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(states.set_state, "nobody", "break", at(1))


def test_an_agent_held_by_an_ended_call_is_found_and_freed(floor: Floor, ana: str) -> None:
    floor.do(call, "c2")
    on_call(floor, ana, "c1")
    floor.do(states.claim, floor.do(hire, "ben"), "c2", at(3))
    floor.do(call, "c1", state="ended")
    assert floor.do(states.release_stale, at(60)) == 1
    assert (floor.agent(ana).state, floor.agent("ben").state) == ("wrap_up", "ringing")


def test_a_ring_that_nobody_ended_is_over_after_two_minutes(floor: Floor, ana: str) -> None:
    floor.do(states.claim, ana, "c1", at(1))
    assert floor.do(states.release_stale, at(121)) == 0
    assert floor.do(states.release_stale, at(122)) == 1


def test_a_long_talk_is_not_forgotten(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    assert floor.do(states.release_stale, at(7200)) == 0


def test_every_move_is_told_to_the_agent_and_to_supervisors(floor: Floor, ana: str) -> None:
    on_call(floor, ana, "c1")
    events = [(event.kind, event.subject, event.to, event.supervisors) for event in floor.live_events()]
    assert events == [("agent.updated", ana, [ana], True)] * 2


def test_what_moves_nobody_is_told_to_nobody(floor: Floor, ana: str) -> None:
    floor.do(states.mark_on_call, ana, "c1", at(2))
    floor.do(states.set_state, ana, "available", at(3))
    assert floor.live_events() == []


def test_an_agent_already_read_is_seen_as_moved(floor: Floor, ana: str) -> None:
    def read_move_read(session: Session) -> str:
        agent = session.get_one(Agent, ana)
        states.claim(session, ana, "c1", at(1))
        return agent.state

    assert floor.do(read_move_read) == "ringing"
