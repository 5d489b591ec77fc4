"""Reconciling: whatever callbacks were lost, the history ends up as the carrier has it."""

from datetime import timedelta
from itertools import combinations

import pytest
import respx
from sqlmodel import Session, col, select

from callcrm.agents import users
from callcrm.calls.outgoing import dial_requests
from callcrm.carrier.errors import CarrierDown
from callcrm.jobs.reconcile import Report
from callcrm.models import Agent, CarrierEvent, DialRequest, Job, Leg, Recording
from tests.jobs.carrier_world import ACCOUNT, LEILA, OURS, SARA, World, in_conversation, lists

pytestmark = pytest.mark.respx(assert_all_called=False)


def test_any_callbacks_lost_the_history_ends_as_if_none_had_been(
    world: World, respx_mock: respx.MockRouter
) -> None:
    world.record([*world.requests("W"), *world.callbacks("W")])
    complete = world.call("W1")
    subsets = [kept for size in range(6) for kept in combinations(range(6), size)]
    if world.store.dialect != "sqlite":
        subsets = subsets[::9]  # the fold is the same; all of them are slow here
    calls, recordings = world.rest("W")
    for number, kept in enumerate(subsets):
        prefix = f"S{number}_"
        world.record([*world.requests(prefix), *(world.callbacks(prefix)[index] for index in kept)])
        more = world.rest(prefix)
        calls, recordings = calls + more[0], recordings + more[1]
    lists(respx_mock, calls, recordings)
    world.reconcile()
    for number, kept in enumerate(subsets):
        assert world.call(f"S{number}_1") == complete, f"kept only {kept}"
    assert world.count(Recording) == len(subsets) + 1


def test_a_call_we_never_heard_of_is_there_with_its_leg_and_recording(
    world: World, respx_mock: respx.MockRouter
) -> None:
    lists(respx_mock, *world.rest("W"))
    assert world.reconcile() == Report(missing_calls=1, missing_recordings=1)
    call = world.call("W1")
    assert (call["state"], call["outcome"], call["duration_seconds"]) == ("ended", "answered", 60)
    assert (call["phone"], call["agent_id"], call["talk_seconds"]) == (LEILA, world.sara, 40)
    assert world.count(Leg) == 1
    jobs = world.store.read_now(
        lambda session: session.exec(select(Job.payload).where(Job.kind == "fetch_recording")).all()
    )
    assert [job["sid"] for job in jobs] == ["WR"]


def test_a_second_look_finds_nothing_to_do(world: World, respx_mock: respx.MockRouter) -> None:
    lists(respx_mock, *world.rest("W"))
    world.reconcile()
    events_then = world.count(CarrierEvent)
    assert world.reconcile() == Report()
    assert world.count(CarrierEvent) == events_then


def test_where_nothing_was_lost_nothing_is_added(world: World, respx_mock: respx.MockRouter) -> None:
    world.record([*world.requests("W"), *world.callbacks("W")])
    events_then = world.count(CarrierEvent)
    lists(respx_mock, *world.rest("W"))
    assert world.reconcile() == Report()
    assert world.count(CarrierEvent) == events_then


def test_callbacks_that_come_after_all_change_nothing(world: World, respx_mock: respx.MockRouter) -> None:
    world.record([*world.requests("L"), *world.callbacks("L")])
    complete = world.call("L1")
    lists(respx_mock, *world.rest("W"))
    world.reconcile()
    world.record([*reversed(world.callbacks("W")), *world.requests("W")])
    assert world.call("W1") == complete


def test_a_call_we_took_for_live_is_ended_though_it_began_before_the_list(
    world: World, respx_mock: respx.MockRouter
) -> None:
    world.record([*world.requests("W")[:1], *world.callbacks("W")[:3]])
    calls, _ = world.rest("W")
    lists(respx_mock, [], [], fetchable=calls)
    assert world.reconcile().repaired_calls == 1
    assert world.call("W1", ["state", "duration_seconds", "talk_seconds"]) == {
        "state": "ended",
        "duration_seconds": 60,
        "talk_seconds": 40,
    }


def test_an_agent_an_ended_call_held_is_let_go(world: World, respx_mock: respx.MockRouter) -> None:
    in_conversation(world)
    lists(respx_mock, *world.rest("W"))
    world.reconcile()
    held = world.store.read_now(lambda session: session.get(Agent, world.sara))
    assert held is not None
    assert (held.state, held.call_id) == ("wrap_up", None)


def test_a_call_the_carrier_does_not_know_is_ended_once_nothing_was_heard_for_a_while(
    world: World, respx_mock: respx.MockRouter
) -> None:
    world.record(world.requests("W")[:1])
    lists(respx_mock, [], [])
    world.clock.advance(60)
    world.reconcile()
    assert world.call("W1", ["state"]) == {"state": "ringing"}
    world.clock.advance(61)
    world.reconcile()
    assert world.call("W1", ["state", "outcome"]) == {"state": "ended", "outcome": "failed"}


def test_what_has_just_ended_is_left_to_its_callbacks(world: World, respx_mock: respx.MockRouter) -> None:
    world.record(world.requests("W")[:1])
    calls, _ = world.rest("W")
    lists(respx_mock, calls, [])
    assert world.reconcile(patience=timedelta(hours=1)) == Report()
    assert world.reconcile(patience=timedelta(minutes=1)).repaired_calls == 1


def test_a_leg_whose_call_began_before_the_list_brings_its_call(
    world: World, respx_mock: respx.MockRouter
) -> None:
    calls, recordings = world.rest("W")
    lists(respx_mock, calls[1:], recordings, fetchable=calls)
    world.reconcile()
    assert world.call("W1", ["phone", "duration_seconds"]) == {"phone": LEILA, "duration_seconds": 60}


def test_a_call_we_placed_without_an_answer_finds_its_wish(
    world: World, respx_mock: respx.MockRouter
) -> None:
    def wish(session: Session) -> None:
        session.add(
            DialRequest(
                id="place_1",
                created_at=world.noon,
                agent_id=world.sara,
                target=SARA,
                to_e164=LEILA,
                status="unknown",
            )
        )

    world.store.write_now(wish)
    calls, _ = world.rest("W")
    placed = calls[0] | {"direction": "outbound-api", "from": OURS, "to": SARA, "status": "no-answer"}
    lists(respx_mock, [placed], [])
    world.reconcile()
    call = world.call("W1", ["direction", "phone", "agent_id", "state"])
    assert call == {"direction": "outbound", "phone": LEILA, "agent_id": world.sara, "state": "ended"}


def test_a_recording_that_was_given_up_on_is_asked_for_again(
    world: World, respx_mock: respx.MockRouter
) -> None:
    world.record([*world.requests("W"), *world.callbacks("W")])

    def give_up(session: Session) -> None:
        recording = session.exec(select(Recording)).one()
        recording.status, recording.error = "failed", "gave up: 404"
        for job in session.exec(select(Job)):
            job.done_at = world.clock.now()

    world.store.write_now(give_up)
    lists(respx_mock, *world.rest("W"))
    assert world.reconcile() == Report(requeued_recordings=1)
    waiting = select(Job).where(col(Job.done_at).is_(None))
    assert world.store.read_now(lambda session: len(session.exec(waiting).all())) == 1


def test_a_carrier_that_can_not_be_asked_is_said_so(world: World, respx_mock: respx.MockRouter) -> None:
    respx_mock.get(f"{ACCOUNT}/Calls.json").respond(503)
    with pytest.raises(CarrierDown):
        world.reconcile()


def test_a_phone_two_agents_share_is_nobody_s(world: World, respx_mock: respx.MockRouter) -> None:
    def share(session: Session) -> None:
        users.add_user(session, "omid@example.com", "agent", "Omid", SARA, None, world.noon)

    world.store.write_now(share)
    lists(respx_mock, *world.rest("W"))
    world.reconcile()
    assert world.call("W1", ["agent_id", "outcome"]) == {"agent_id": None, "outcome": "answered"}


def test_the_limit_of_what_is_read_at_once_is_no_limit(
    world: World, respx_mock: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcrm.jobs.reconcile.BATCH_SIZE", 2)
    both = [world.rest(f"N{number}_") for number in range(5)]
    lists(
        respx_mock,
        [call for calls, _ in both for call in calls],
        [recording for _, made in both for recording in made],
    )
    assert world.reconcile() == Report(missing_calls=5, missing_recordings=5)


def test_a_wish_in_the_far_past_or_future_is_not_taken_for_this_call(
    world: World, respx_mock: respx.MockRouter
) -> None:
    def wishes(session: Session) -> None:
        for number, minutes in enumerate((-30, 30)):
            at = world.noon + timedelta(minutes=minutes)
            session.add(
                DialRequest(id=f"p{number}", agent_id=world.sara, target=SARA, to_e164=LEILA, created_at=at)
            )

    world.store.write_now(wishes)
    now = world.noon
    request = world.store.write_now(
        lambda session: dial_requests.dial_request_for(session, world.runtime, "X1", SARA, now)
    )
    assert request is None
