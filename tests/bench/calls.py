"""What a round sends: first requests, final statuses, or whole answered calls of ten webhooks."""

import asyncio
import html
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from sqlmodel import Session, col, select, update

from callcrm.agents import states, users
from callcrm.models import Agent, AgentState, Leg
from callcrm.store.store import Store
from tests.bench.load import Connection, Result, closed_loop, each_once
from tests.clocks import CLOCK, THREADS
from tests.posts import completed, inbound, request_bytes

VOICE = "/webhooks/twilio/voice"
STATUS = "/webhooks/twilio/status"
RECORDING = "/webhooks/twilio/recording?kind=call"
WEBHOOKS_A_CALL = 10
CONCURRENCY = 8
AGENTS = 60  # as many as calls in a round: after a call an agent wraps up
NOON = "Mon, 02 Mar 2026 12:00:{:02} +0000"


@dataclass
class Contender:
    """A server under test and where it listens; `database_url` is none of a yardstick's."""

    name: str
    port: int
    url: str
    database_url: str = ""
    sent: int = 0

    def sids(self, count: int) -> Iterator[tuple[str, str]]:
        """SIDs of calls nobody has seen before, each with its caller, one of a hundred."""
        first, self.sent = self.sent, self.sent + count
        for number in range(first, self.sent):
            yield f"CA{self.name[:4]:0>4}{number:028d}", f"+1202555{number % 100:04d}"

    def first_requests(self, count: int) -> list[bytes]:
        """Signed first requests of new calls."""
        return [request_bytes(self.url, VOICE, inbound(*call)) for call in self.sids(count)]


@dataclass
class Caller:
    """One of the callers of a round, on a connection of their own."""

    contender: Contender
    connection: Connection
    result: Result = field(default_factory=Result)

    async def post(self, path: str, fields: dict[str, str]) -> str:
        """The answer's text to a request of the carrier; a yardstick has one path for all."""
        path = path if self.contender.database_url else VOICE
        request = request_bytes(self.contender.url, path, fields)
        return (await self.connection.request(request, self.result, time.perf_counter())).decode()

    async def call(self, sid: str, caller: str) -> None:
        """An answered call: two menus, an agent's phone that rings and is answered, a recording, the end."""
        own = inbound(sid, caller)
        menu = await self.post(VOICE, own)
        menu = await self.post(_action(menu, "Gather"), own | {"Digits": "1"})
        ring = await self.post(_action(menu, "Gather"), own | {"Digits": "1"})
        leg = partial(_leg_status, sid, _url(ring, r'statusCallback="([^"]+)"'))
        await self.post(*leg("ringing", 1, 5))
        await self.post(*leg("in-progress", 2, 9))
        recording = own | {
            "RecordingSid": f"RE{sid[2:]}",
            "RecordingChannels": "2",
            "RecordingSource": "DialVerb",
        }
        await self.post(RECORDING, recording | {"RecordingStatus": "in-progress"})
        await self.post(*leg("completed", 3, 39))
        over = {"DialCallStatus": "completed", "DialCallSid": _leg_sid(sid), "DialCallDuration": "30"}
        await self.post(_action(ring, "Dial"), own | {"CallStatus": "in-progress"} | over)
        await self.post(STATUS, completed(sid, 50) | {"From": caller, "Caller": caller})
        absent = {"RecordingStatus": "absent", "RecordingDuration": "0"}  # or its audio would be fetched
        await self.post(RECORDING, recording | absent)


def _leg_sid(sid: str) -> str:
    """The SID of the leg that rings the agent's phone, which no other call has."""
    return f"{sid[:2]}x{sid[3:]}"


def _leg_status(sid: str, path: str, status: str, sequence: int, second: int) -> tuple[str, dict[str, str]]:
    """Where and what the carrier reports of the agent's phone."""
    fields = {
        "CallSid": _leg_sid(sid),
        "ParentCallSid": sid,
        "CallStatus": status,
        "Direction": "outbound-dial",
        "SequenceNumber": str(sequence),
        "CallbackSource": "call-progress-events",
        "Timestamp": NOON.format(second),
    }
    return path, inbound(sid) | fields | ({"CallDuration": "30"} if status == "completed" else {})


def _action(document: str, verb: str) -> str:
    return _url(document, rf'<{verb}[^>]* action="([^"]+)"')


def _url(document: str, pattern: str) -> str:
    """The path of a URL in the document; the first request's where there is none, as of a yardstick."""
    found = re.search(pattern, document)
    if found is None:
        return VOICE
    parts = urlsplit(html.unescape(found[1]))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def _whole_calls(contender: Contender, calls: list[tuple[str, str]]) -> Result:
    """As many calls at once as there are connections."""
    waiting, began = iter(calls), time.perf_counter()
    callers = [Caller(contender, Connection(contender.port)) for _ in range(CONCURRENCY)]

    async def ring(caller: Caller) -> None:
        for call in waiting:
            await caller.call(*call)
        caller.connection.close()

    await asyncio.gather(*map(ring, callers))
    return Result.joined((caller.result for caller in callers), time.perf_counter() - began)


def whole_calls(contender: Contender, _seconds: float) -> Result:
    """A call for each of the agents, who are all free at its beginning."""
    calls = list(contender.sids(AGENTS))
    if contender.database_url:
        _free_agents(contender.database_url)
    result = asyncio.run(_whole_calls(contender, calls))
    if contender.database_url:
        _check_kept(contender.database_url, [_leg_sid(sid) for sid, _ in calls])
    return result


def _check_kept(database_url: str, legs: list[str]) -> None:
    """A callback whose verb fails is acknowledged all the same, and spooled: that is not what is measured."""
    store = Store(database_url, CLOCK, THREADS)
    kept = store.read_now(
        lambda session: session.exec(select(Leg).where(col(Leg.carrier_sid).in_(legs))).all()
    )
    store.close()
    if {leg.carrier_sid for leg in kept if leg.status == "completed"} != {*legs}:
        raise RuntimeError(f"of {len(legs)} calls only {len(kept)} have a leg in the store")


def _free_agents(database_url: str) -> None:
    store = Store(database_url, CLOCK, THREADS)
    free = {"state": AgentState.AVAILABLE, "call_id": None, "wrap_up_until": None, "next_state": None}
    try:
        if not store.write_now(lambda session: session.exec(update(Agent).values(**free)).rowcount):
            store.write_now(_hire)
    finally:
        store.close()


def _hire(session: Session) -> None:
    for number in range(AGENTS):
        email, phone = f"agent{number}@example.test", f"+1202555{1000 + number}"
        user = users.add_user(
            session,
            email=email,
            role="agent",
            name=f"Agent {number}",
            number=phone,
            password=None,
            now=CLOCK.now(),
        )
        states.set_state(session, user.id, AgentState.AVAILABLE, CLOCK.now())


def first_requests(contender: Contender, seconds: float) -> Result:
    """First requests of new calls, for so long."""
    requests = contender.first_requests(int(6000 * seconds))
    return asyncio.run(closed_loop(contender.port, requests, concurrency=CONCURRENCY, seconds=seconds))


def final_statuses(contender: Contender, seconds: float) -> Result:
    """Final statuses of calls whose first requests are sent before, and not measured."""
    calls = list(contender.sids(int(500 * seconds)))
    begun = [request_bytes(contender.url, VOICE, inbound(*call)) for call in calls]
    asyncio.run(each_once(contender.port, begun, concurrency=CONCURRENCY))
    path = STATUS if contender.database_url else VOICE
    ended = [
        request_bytes(contender.url, path, completed(sid) | {"From": phone, "Caller": phone})
        for sid, phone in calls
    ]
    return asyncio.run(each_once(contender.port, ended, concurrency=CONCURRENCY))


KINDS: dict[str, Callable[[Contender, float], Result]] = {
    "voice": first_requests,
    "status": final_statuses,
    "call": whole_calls,
}
