"""Which live events reach which screen, and that reconnecting loses none (I10, I11, I22, I24)."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcrm.calls.ingest.call_rows import call_id
from callcrm.customers import customers
from callcrm.edge.stream import SEND_TIMEOUT
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.models import Agent, Call, Leg, LoginSession, Pop, User
from callcrm.views.desk import waiting_callers
from callcrm.web.desk import waiting
from tests.clocks import SetClock, skipping
from tests.web.support.desk_screen import DeskScreen, forever
from tests.web.support.event_stream import EventStream
from tests.web.support.live_app import LiveApp, Person, open_live_app

pytestmark = [pytest.mark.anyio, pytest.mark.one_engine]
AGENTS = ("ana", "ben", "cyn", "dan", "eve")
CANARY = "Canarina Zeisig"
END = "the_end"


@pytest.fixture
def anyio_backend() -> str:
    """The desk runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
async def app(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[LiveApp]:
    """The app with its background work, in the test's own event loop."""
    async with open_live_app(database_url, tmp_path, clock) as app:
        yield app


async def until(condition: Callable[[], bool], timeout: float = 30.0) -> None:  # noqa: ASYNC109
    """Waits until the condition holds; TimeoutError after so many seconds."""
    async with asyncio.timeout(timeout):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def announce_end(app: LiveApp) -> None:
    """Announces a last event to everybody."""
    everybody = [person.id for person in app.people.values()]
    await app.do(lambda session: announce(session, LiveKind.CALL_UPDATED, END, to=everybody))


async def events_until_end(stream: EventStream) -> list[tuple[str, str]]:
    """Kind and data of a stream's events before that of `announce_end`."""
    events: list[tuple[str, str]] = []
    async with asyncio.timeout(60):
        while not events or events[-1][1] != END:
            event = await stream.events.get()
            events.append((event.kind, event.data))
    return events[:-1]


async def hire_agents(app: LiveApp) -> list[Person]:
    """Five agents, each with a phone."""
    return [await app.hire(name, number=f"+1202555011{place}") for place, name in enumerate(AGENTS)]


async def add_callers(app: LiveApp, count: int) -> list[str]:
    """Adds customers with a name that only an agent who is offered their call may see; their numbers."""
    numbers = [f"+1202555{1000 + index}" for index in range(count)]
    now = app.services.clock.now()
    for index, number in enumerate(numbers):
        fields: customers.Changes = {"name": f"{CANARY} {index}", "phones": [number]}
        await app.do(partial(customers.create, fields=fields, region="US", own=(), now=now))
    return numbers


async def run_call(app: LiveApp, number: str, rng: random.Random) -> str:
    """Runs a call from its first ring to its end, passed on and answered by chance; its id."""
    ringing = await app.ring(number)
    while "<Number" in ringing.document and rng.random() < 0.4:
        await app.pass_on(ringing)
    if "<Number" in ringing.document and rng.random() < 0.7:
        await app.answer(ringing)
    await app.end(ringing)
    return call_id(ringing.sid)


def calls_of(session: Session, agent: str) -> set[str]:
    """The calls this agent was offered, rung for or spoke on."""
    offered = session.exec(select(Pop.call_id).where(Pop.agent_id == agent))
    rung = session.exec(select(Leg.call_id).where(Leg.agent_id == agent))
    return {*offered, *rung, *session.exec(select(Call.id).where(Call.agent_id == agent))}


def pops_of(session: Session, agent: str) -> list[str]:
    """The id of the call of each pop of this agent."""
    return sorted(session.exec(select(Pop.call_id).where(Pop.agent_id == agent)).all())


async def test_pops_reach_exactly_the_agents_offered(app: LiveApp) -> None:
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    agents = await hire_agents(app)
    numbers = await add_callers(app, 12)
    streams = [await app.stream(agent).ready() for agent in agents]
    await asyncio.gather(*(run_call(app, number, rng) for number in numbers))
    await announce_end(app)
    total = 0
    for agent, stream in zip(agents, streams, strict=True):
        events = await events_until_end(stream)
        pops = await app.do(partial(pops_of, agent=agent.id))
        assert sorted(call for kind, call in events if kind == "call.offered") == pops, seed
        calls = {call for kind, call in events if kind.startswith("call.")}
        assert calls <= await app.do(partial(calls_of, agent=agent.id)), seed
        total += len(pops)
        await stream.disconnect()
    assert total


async def test_stream_events_hold_no_customer_data(app: LiveApp) -> None:
    ana, ben = (await hire_agents(app))[:2]
    [number] = await add_callers(app, 1)
    streams = [await app.stream(agent).ready() for agent in (ana, ben)]
    ringing = await app.ring(number)
    await announce_end(app)
    events = [await events_until_end(stream) for stream in streams]
    was_offered = [("call.offered", call_id(ringing.sid)) in stream_events for stream_events in events]
    assert was_offered.count(True) == 1
    panels = [(await app.get(agent, "/desk/call-panel")).text for agent in (ana, ben)]
    assert [CANARY in panel for panel in panels] == was_offered
    for stream in streams:
        assert CANARY not in stream.raw
        assert number not in stream.raw
        await stream.disconnect()


async def test_an_answer_closes_the_pop_of_the_agent_offered_before(app: LiveApp) -> None:
    agents = (await hire_agents(app))[:2]
    for agent in list(app.people.values())[2:]:
        await app.post(agent, "/desk/state", state="offline")
    ringing = await app.ring("+12025550134")
    streams = {agent.id: await app.stream(agent).ready() for agent in agents}
    first = await app.do(lambda session: session.exec(select(Pop.agent_id)).one())
    await app.pass_on(ringing)
    await app.answer(ringing)
    async with asyncio.timeout(2):
        while True:
            event = await streams[first].events.get()
            offered = next(agent for agent in agents if agent.id == first)
            panel = (await app.get(offered, "/desk/call-panel")).text
            if event.kind.startswith("call.") and 'data-kind="ringing"' not in panel:
                break
    for stream in streams.values():
        await stream.disconnect()


async def test_a_reconnecting_or_polling_screen_ends_as_a_connected_one(app: LiveApp) -> None:
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    agents = await hire_agents(app)
    numbers = await add_callers(app, 15)
    screens = [DeskScreen(app, agents[index]) for index in (0, 0, 0, 1, 1, 1)]
    for screen in screens:
        await screen.load()

    def short_time() -> float:
        return rng.uniform(0.0, 0.15)

    watches = [partial(screen.listen, forever) for screen in screens[::3]]
    watches += [partial(screen.listen, short_time) for screen in screens[1::3]]
    watches += [partial(screen.poll, short_time) for screen in screens[2::3]]
    tasks = [asyncio.create_task(watch()) for watch in watches]
    await asyncio.gather(*(run_call(app, number, rng) for number in numbers))
    await app.ring("+12025550134")
    await announce_end(app)
    await until(lambda: all(screen.events and screen.events[-1][1] == END for screen in screens))
    await asyncio.sleep(1.5)  # the waiting callers are rendered once a second
    for steady, cut, polling in (screens[:3], screens[3:]):
        assert steady.parts == cut.parts == polling.parts == await app.desk_parts(steady.person), seed
        assert set(cut.events) == set(steady.events) == set(polling.events), seed
        assert steady.waiting == cut.waiting == polling.waiting, seed
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_logging_out_ends_the_stream_and_a_new_one_is_refused(app: LiveApp) -> None:
    ana, ben = (await hire_agents(app))[:2]
    ana_stream, ben_stream = await app.stream(ana).ready(), await app.stream(ben).ready()
    assert (await app.post(ana, "/logout")).status_code in (204, 303)
    await asyncio.wait_for(ana_stream.ended.wait(), 5)
    assert not ben_stream.ended.is_set()
    refused = await app.stream(ana).ready()
    assert refused.status in (401, 303)
    assert (await app.get(ana, "/desk/changes")).status_code == 401
    await ben_stream.disconnect()


def disable(session: Session, user: str, now: object) -> None:
    session.get_one(User, user).disabled_at = now  # type: ignore[assignment]


def promote(session: Session, user: str, now: object) -> None:
    session.get_one(User, user).role = "supervisor"


def end_sessions(session: Session, user: str, now: object) -> None:
    for row in session.exec(select(LoginSession).where(LoginSession.user_id == user)):
        row.ends_at = now  # type: ignore[assignment]


@pytest.mark.parametrize("change", [disable, promote, end_sessions])
async def test_a_stream_ends_when_its_user_or_session_may_no_longer(
    app: LiveApp, clock: SetClock, change: Callable[..., None]
) -> None:
    ana, ben = (await hire_agents(app))[:2]
    ana_stream, ben_stream = await app.stream(ana).ready(), await app.stream(ben).ready()
    await app.do(partial(change, user=ana.id, now=clock.now()))
    await skipping(clock, 15, ana_stream.ended.is_set)
    assert not ben_stream.ended.is_set()
    await ben_stream.disconnect()


async def test_streams_and_polls_do_not_keep_an_idle_session_alive(app: LiveApp, clock: SetClock) -> None:
    ana = await app.hire("ana")
    await app.post(ana, "/desk/state", state="break")
    stream = await app.stream(ana).ready()
    clock.advance(20 * 60)
    for path in ("/desk/changes", "/desk/call-panel", "/desk/waiting"):
        assert (await app.get(ana, path)).status_code == 200
    clock.advance(11 * 60)
    await skipping(clock, 15, stream.ended.is_set)
    assert (await app.get(ana, "/desk/changes")).status_code == 401


async def test_stalled_and_closed_streams_are_removed(app: LiveApp, clock: SetClock) -> None:
    ana = await app.hire("ana")
    stalled = [app.stream(ana, reads=False) for _ in range(60)]
    for stream in stalled:
        await stream.ready()
    for _ in range(60):
        await app.stream(ana).disconnect()
    for _ in range(3):
        await app.do(lambda session: announce(session, LiveKind.AGENT_UPDATED, ana.id, to=[ana.id]))
    await skipping(clock, SEND_TIMEOUT, lambda: app.services.hub.stream_count == 0)
    for stream in stalled:
        await stream.disconnect()
    assert app.services.hub.users() == frozenset()


async def test_the_waiting_callers_are_rendered_once_for_all_streams(
    app: LiveApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderings: list[datetime] = []
    real = waiting_callers.waiting_callers

    def counted(
        session: Session, now: datetime, queues: Collection[str] | None
    ) -> list[waiting_callers.Waiting]:
        renderings.append(now)
        return real(session, now, queues)

    monkeypatch.setattr(waiting_callers, "waiting_callers", counted)
    agents = [await app.hire(name, number=f"+120255501{place}") for place, name in enumerate(AGENTS[:2], 10)]
    streams = await asyncio.gather(*(app.stream(agent).ready() for agent in (*agents, *agents)))
    assert len(renderings) <= 2
    for caller in range(20, 22):
        await app.ring(f"+120255501{caller}")
    renderings.clear()
    ringing = await app.ring("+12025550134")
    await until(lambda: all("0134" in stream.raw for stream in streams))
    last = [stream.raw[stream.raw.rindex("event: waiting") :].partition("\n\n")[0] for stream in streams]
    assert len(set(last)) == 1
    assert json.loads(last[0].partition("data: ")[2]) == (await app.get(agents[0], "/desk/waiting")).text
    assert len(renderings) <= 3
    await app.end(ringing)
    await until(
        lambda: all("0134" not in stream.raw[stream.raw.rindex("event: waiting") :] for stream in streams)
    )
    for stream in streams:
        await stream.disconnect()


async def test_a_stream_begins_with_its_last_id_and_the_waiting_callers(app: LiveApp) -> None:
    ana = await app.hire("ana")
    stream = await app.stream(ana).ready()
    assert stream.raw.startswith("retry: ")
    assert (await stream.events.get()).id == app.services.hub.last_event_id
    assert (await stream.events.get()).kind == waiting.WAITING
    await stream.disconnect()


async def test_a_receipt_counts_once_and_only_from_the_agent_offered_the_call(
    app: LiveApp, clock: SetClock
) -> None:
    agents = await hire_agents(app)
    ringing = await app.ring("+12025550134")
    call, sent = call_id(ringing.sid), clock.now()
    for seconds, kind in ((1, "delivered"), (1, "seen"), (5, "delivered"), (5, "seen")):
        clock.advance(seconds)
        for agent in agents:
            assert (await app.post(agent, f"/desk/pops/{call}/{kind}")).status_code == 204
    [pop] = await app.do(lambda session: session.exec(select(Pop)).all())
    assert (pop.delivered_at, pop.seen_at) == (sent + timedelta(seconds=1), sent + timedelta(seconds=2))
    assert (await app.post(agents[0], f"/desk/pops/{call}/eaten")).status_code == 404


async def test_a_silent_softphone_is_not_rung_but_the_agents_phone_is(app: LiveApp, clock: SetClock) -> None:
    ana = await app.hire("ana", number="+12025550111")
    stream = await app.stream(ana).ready()
    assert (await app.post(ana, "/desk/softphone")).status_code == 204
    clock.advance(10)
    assert (await app.post(ana, "/desk/softphone")).status_code == 204
    ringing = await app.ring("+12025550134")
    assert "<Client" in ringing.document
    await app.end(ringing)
    clock.advance(26)
    ringing = await app.ring("+12025550135")
    assert "<Client" not in ringing.document
    assert "+12025550111" in ringing.document
    await until(lambda: ana.id in stream.raw)
    await stream.disconnect()


async def test_a_softphone_that_signs_off_is_gone_at_once(app: LiveApp) -> None:
    ana = await app.hire("ana", number="+12025550111")
    await app.post(ana, "/desk/softphone")
    await app.post(ana, "/desk/softphone", up="no")
    assert await app.do(lambda session: session.get_one(Agent, ana.id).softphone_until) is None
    sara = await app.hire("sara", "supervisor")
    assert (await app.post(sara, "/desk/softphone")).status_code == 404
