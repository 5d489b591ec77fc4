"""Reconciling: whatever callbacks were lost, the history ends up as the carrier has it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import combinations
from typing import Any

import httpx
import pytest
import respx
from sqlmodel import Session, col, select

from callcrm.agents import users
from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.outgoing import dial_requests
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.carrier import events
from callcrm.carrier.errors import CarrierDown
from callcrm.carrier.form import Form
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.config import load_settings
from callcrm.ivr.flows.model import Flows
from callcrm.ivr.steps import NodeKind, Position
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.ledger.event_store import Event
from callcrm.models import Agent, Call, CarrierEvent, DialRequest, Job, Leg, Recording
from callcrm.store.store import Store
from tests.clocks import CLOCK, SetClock

OURS, SARA, LEILA = "+12025550100", "+12025550111", "+12025550123"
SETTINGS = {
    "CALLCRM_NUMBERS": OURS,
    "CALLCRM_OPERATOR_NUMBER": "+12025550199",
    "CALLCRM_PUBLIC_URL": "https://us.example",
    "CALLCRM_TWILIO_API_URL": "https://carrier.example",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
}
pytestmark = pytest.mark.respx(assert_all_called=False)
ACCOUNT = "https://carrier.example/2010-04-01/Accounts/AC1"
CALL_FACTS = ("state", "outcome", "started_at", "ended_at", "duration_seconds", "talk_seconds", "answered_at")
PARTIES = ("agent_id", "phone", "from_e164", "to_e164", "direction")


@dataclass
class World:
    """Our side, and the carrier's truth of one call that was answered and recorded."""

    store: Store
    runtime: CallRuntime
    clock: SetClock
    sara: str
    noon: datetime

    def at(self, seconds: int) -> str:
        return format_datetime(self.noon + timedelta(seconds=seconds))

    def callbacks(self, prefix: str) -> list[Event]:
        """Reports the carrier sends of its own accord, which may be lost."""
        child = {"ParentCallSid": f"{prefix}1", "Direction": "outbound-dial", "From": LEILA, "To": SARA}
        query = {"agent": self.sara, "step": "1"}

        def leg(status: str, at: int, number: int, **more: str) -> Event:
            fields = {"CallSid": f"{prefix}2", "CallStatus": status, "Timestamp": self.at(at)} | child | more
            return events.parse_leg_status(
                "/leg", query, form(SequenceNumber=str(number), **fields), self.clock.now()
            )

        end = {
            "CallStatus": "completed",
            "CallDuration": "60",
            "Timestamp": self.at(60),
            "SequenceNumber": "0",
        }
        made = {"RecordingSid": f"{prefix}R", "RecordingStatus": "completed", "RecordingDuration": "40"}
        inbound = {"CallSid": f"{prefix}1", "Direction": "inbound", "From": LEILA, "To": OURS}
        started = {"RecordingChannels": "2", "RecordingStartTime": self.at(20), "CallSid": f"{prefix}1"}
        return [
            leg("initiated", 10, 0),
            leg("ringing", 10, 1),
            leg("in-progress", 20, 2),
            leg("completed", 60, 3, CallDuration="40"),
            events.parse_leg_status("/status", {}, form(**inbound, **end), self.clock.now()),
            events.parse_recording_status(
                "/recording", {"kind": "call"}, form(**made, **started), self.clock.now()
            ),
        ]

    def requests(self, prefix: str) -> list[Event]:
        """The caller's turns, which the carrier makes sure of."""
        base = {"CallSid": f"{prefix}1", "Direction": "inbound", "From": LEILA, "To": OURS}
        dial = {"DialCallStatus": "completed", "DialCallSid": f"{prefix}2", "DialBridged": "true"}
        turns = [
            (Position(NodeKind.START), form(CallStatus="ringing", **base)),
            (
                Position(NodeKind.DONE, step=2),
                form(CallStatus="completed", DialCallDuration="40", **base, **dial),
            ),
        ]
        requests = [
            events.parse_flow_request(position.kind, "/x", position, fields, self.clock.now())
            for position, fields in turns
        ]
        return [request.event for request in requests if request]

    def rest(self, prefix: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The carrier's own lists."""
        root = {
            "sid": f"{prefix}1",
            "status": "completed",
            "direction": "inbound",
            "from": LEILA,
            "to": OURS,
            "date_created": self.at(0),
            "start_time": self.at(0),
            "end_time": self.at(60),
            "duration": "60",
        }
        child = {
            "sid": f"{prefix}2",
            "parent_call_sid": f"{prefix}1",
            "direction": "outbound-dial",
            "to": SARA,
            "date_created": self.at(10),
            "start_time": self.at(20),
            "duration": "40",
        }
        made = {
            "sid": f"{prefix}R",
            "call_sid": f"{prefix}1",
            "status": "completed",
            "source": "DialVerb",
            "channels": 2,
            "duration": "40",
            "date_created": self.at(20),
        }
        return [root, root | child], [made]

    def record(self, events: Iterable[Event]) -> None:
        def verb(session: Session) -> None:
            for event in events:
                ingest.record_callback(session, self.runtime, event, self.clock.now())

        self.store.write_now(verb)

    def reconcile(self, patience: timedelta = timedelta()) -> Report:
        async def run() -> Report:
            async with open_http() as http:
                rest_client = open_rest_client(self.runtime.settings, CLOCK, http)
                reconciler = Reconciler(self.store, rest_client, self.runtime, self.clock, patience)
                return await reconciler.run(self.clock.now() - timedelta(hours=24))

        return asyncio.run(run())

    def call(self, sid: str, fields: Sequence[str] = CALL_FACTS + PARTIES) -> dict[str, Any]:
        def verb(session: Session) -> dict[str, Any]:
            call = session.exec(select(Call).where(Call.carrier_sid == sid)).one()
            return {name: getattr(call, name) for name in fields}

        return self.store.read_now(verb)

    def count(self, model: type[Any]) -> int:
        return self.store.read_now(lambda session: len(session.exec(select(model)).all()))


def form(**fields: str) -> Form:
    return Form(fields.items())


def lists(
    mock: respx.MockRouter,
    calls: list[dict[str, Any]],
    recordings: list[dict[str, Any]],
    *,
    fetchable: list[dict[str, Any]] | None = None,
) -> None:
    """The carrier answers with these lists; by their SIDs it has these calls, or else the listed ones."""
    by_sid = {call["sid"]: call for call in (calls if fetchable is None else fetchable)}

    def single_call(request: httpx.Request, sid: str) -> httpx.Response:
        return httpx.Response(200, json=by_sid[sid]) if sid in by_sid else httpx.Response(404, json={})

    mock.get(f"{ACCOUNT}/Calls.json").respond(200, json={"calls": calls})
    mock.get(f"{ACCOUNT}/Recordings.json").respond(200, json={"recordings": recordings})
    mock.get(url__regex=rf"{ACCOUNT}/Calls/(?P<sid>[^/]+)\.json").mock(side_effect=single_call)


@pytest.fixture
def world(store: Store, clock: SetClock) -> World:
    def verb(session: Session) -> str:
        return users.add_user(session, "sara@example.com", "agent", "Sara", SARA, None, clock.now()).id

    noon, sara = clock.now(), store.write_now(verb)
    clock.advance(600)
    return World(store, build_runtime(load_settings(SETTINGS), Flows()), clock, sara, noon)


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
    world.record([*world.requests("W")[:1], *world.callbacks("W")[:3]])

    def hold(session: Session) -> None:
        agent = session.get(Agent, world.sara)
        assert agent is not None
        agent.state, agent.call_id = "on_call", call_rows.call_id("W1")

    world.store.write_now(hold)
    lists(respx_mock, *world.rest("W"))
    world.reconcile()
    held = world.store.read_now(lambda session: session.get(Agent, world.sara))
    assert held is not None
    assert (held.state, held.call_id) == ("wrap_up", None)


def test_a_call_the_carrier_does_not_know_is_ended_once_none_could_last_so_long(
    world: World, respx_mock: respx.MockRouter
) -> None:
    world.record(world.requests("W")[:1])
    lists(respx_mock, [], [])
    world.reconcile()
    assert world.call("W1", ["state"]) == {"state": "ringing"}
    world.clock.advance(4 * 3600 + 601)
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
        values = {"agent_id": world.sara, "target": SARA, "to_e164": LEILA, "status": "unknown"}
        session.add(DialRequest(id="place_1", created_at=world.noon, **values))

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
