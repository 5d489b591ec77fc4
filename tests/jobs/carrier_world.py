"""Our side of a call and the carrier's, for tests that compare them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import respx
from sqlmodel import Session, select

from callcrm.calls.ingest import call_rows, ingest
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import events
from callcrm.carrier.form import Form
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.ivr.steps import NodeKind, Position
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.ledger.event_store import Event
from callcrm.models import Agent, Call
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


def in_conversation(world: World) -> None:
    """The call has been answered by Sara, whom it holds."""
    world.record([*world.requests("W")[:1], *world.callbacks("W")[:3]])

    def hold(session: Session) -> None:
        agent = session.get(Agent, world.sara)
        assert agent is not None
        agent.state, agent.call_id = "on_call", call_rows.call_id("W1")

    world.store.write_now(hold)
