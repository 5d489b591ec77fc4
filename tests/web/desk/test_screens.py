"""Who is told what on which screen; whoever was away ends where all others do (I10, I11, I22, I24)."""

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
from tests.web.support.live_app import EventStream, LiveApp, Person, Screen, forever, open_live_app

pytestmark = pytest.mark.anyio
AGENTS = ("ana", "ben", "cyn", "dan", "eve")
CANARY = "Canarina Zeisig"
END = "the_end"


@pytest.fixture
def anyio_backend() -> str:
    """The desk runs on asyncio alone."""
    return "asyncio"


@pytest.fixture
async def app(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[LiveApp]:
    """The house at work in the test's own event loop."""
    async with open_live_app(database_url, tmp_path, clock) as app:
        yield app


async def until(holds: Callable[[], bool], within: float = 30.0) -> None:
    """Wait until this holds."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def the_end(app: LiveApp) -> None:
    """Tell everybody a last thing."""
    everybody = [person.id for person in app.people.values()]
    await app.do(lambda session: announce(session, LiveKind.CALL_UPDATED, END, to=everybody))


async def heard(stream: EventStream) -> list[tuple[str, str]]:
    """Everything a stream was told up to the end."""
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(60):
        while not found or found[-1][1] != END:
            one = await stream.told.get()
            found.append((one.kind, one.data))
    return found[:-1]


async def staff(app: LiveApp) -> list[Person]:
    """Five agents, each with a phone."""
    return [await app.hire(name, number=f"+1202555011{place}") for place, name in enumerate(AGENTS)]


async def callers(app: LiveApp, count: int) -> list[str]:
    """Customers with a name that must not be seen by just anybody; their numbers."""
    numbers = [f"+1202555{1000 + place}" for place in range(count)]
    now = app.services.clock.now()
    for place, number in enumerate(numbers):
        given: customers.Changes = {"name": f"{CANARY} {place}", "phones": [number]}
        await app.do(partial(customers.create, fields=given, region="US", own=(), now=now))
    return numbers


async def lives(app: LiveApp, number: str, dice: random.Random) -> str:
    """A call with a fate of its own, from its first ring to its end; its id."""
    ringing = await app.rings(number)
    while "<Number" in ringing.document and dice.random() < 0.4:
        await app.passed(ringing)
    if "<Number" in ringing.document and dice.random() < 0.7:
        await app.answered(ringing)
    await app.ended(ringing)
    return call_id(ringing.sid)


def concerned(session: Session, agent: str) -> set[str]:
    """The calls this agent was offered, rung for or spoke on."""
    offered = session.exec(select(Pop.call_id).where(Pop.agent_id == agent))
    rung = session.exec(select(Leg.call_id).where(Leg.agent_id == agent))
    return {*offered, *rung, *session.exec(select(Call.id).where(Call.agent_id == agent))}


def offers(session: Session, agent: str) -> list[str]:
    """The calls offered to this agent, as often as they were."""
    return sorted(session.exec(select(Pop.call_id).where(Pop.agent_id == agent)).all())


async def test_pops_reach_exactly_the_agents_offered(app: LiveApp) -> None:
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    agents = await staff(app)
    numbers = await callers(app, 12)
    streams = [await app.stream(agent).ready() for agent in agents]
    await asyncio.gather(*(lives(app, number, dice) for number in numbers))
    await the_end(app)
    total = 0
    for agent, stream in zip(agents, streams, strict=True):
        told = await heard(stream)
        pops = await app.do(partial(offers, agent=agent.id))
        assert sorted(call for kind, call in told if kind == "call.offered") == pops, seed
        calls = {call for kind, call in told if kind.startswith("call.")}
        assert calls <= await app.do(partial(concerned, agent=agent.id)), seed
        total += len(pops)
        await stream.leave()
    assert total


async def test_what_a_screen_is_told_holds_nobodys_data(app: LiveApp) -> None:
    ana, ben = (await staff(app))[:2]
    [number] = await callers(app, 1)
    streams = [await app.stream(one).ready() for one in (ana, ben)]
    ringing = await app.rings(number)
    await the_end(app)
    told = [await heard(stream) for stream in streams]
    assert [("call.offered", call_id(ringing.sid)) in one for one in told].count(True) == 1
    panels = [(await app.get(one, "/desk/call-panel")).text for one in (ana, ben)]
    assert [CANARY in panel for panel in panels] == [
        ("call.offered", call_id(ringing.sid)) in one for one in told
    ]
    for stream in streams:
        assert CANARY not in stream.raw
        assert number not in stream.raw
        await stream.leave()


async def test_an_answer_closes_the_pop_of_whoever_was_offered_the_call_before(app: LiveApp) -> None:
    agents = (await staff(app))[:2]
    for other in list(app.people.values())[2:]:
        await app.post(other, "/desk/state", state="offline")
    ringing = await app.rings("+12025550134")
    streams = {agent.id: await app.stream(agent).ready() for agent in agents}
    first = await app.do(lambda session: session.exec(select(Pop.agent_id)).one())
    await app.passed(ringing)
    await app.answered(ringing)
    async with asyncio.timeout(2):
        while True:
            one = await streams[first].told.get()
            shown = (await app.get(next(who for who in agents if who.id == first), "/desk/call-panel")).text
            if one.kind.startswith("call.") and 'data-kind="ringing"' not in shown:
                break
    for stream in streams.values():
        await stream.leave()


async def test_a_screen_that_was_away_ends_as_one_that_never_was(app: LiveApp) -> None:
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    agents = await staff(app)
    numbers = await callers(app, 15)
    screens = [Screen(app, agents[place]) for place in (0, 0, 0, 1, 1, 1)]
    for screen in screens:
        await screen.begin()

    def soon() -> float:
        return dice.uniform(0.0, 0.15)

    ways = [partial(screen.listen, forever) for screen in screens[::3]]
    ways += [partial(screen.listen, soon) for screen in screens[1::3]]
    ways += [partial(screen.poll, soon) for screen in screens[2::3]]
    watching = [asyncio.create_task(way()) for way in ways]
    await asyncio.gather(*(lives(app, number, dice) for number in numbers))
    await app.rings("+12025550134")
    await the_end(app)
    await until(lambda: all(screen.kinds and screen.kinds[-1][1] == END for screen in screens))
    await asyncio.sleep(1.5)  # the waiting line is drawn once a second
    for steady, cut, polling in (screens[:3], screens[3:]):
        assert steady.shown == cut.shown == polling.shown == await app.seen(steady.who), seed
        assert set(cut.kinds) == set(steady.kinds) == set(polling.kinds), seed
        assert steady.waiting == cut.waiting == polling.waiting, seed
    for one in watching:
        one.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


async def test_logging_out_ends_the_stream_and_a_new_one_is_refused(app: LiveApp) -> None:
    ana, ben = (await staff(app))[:2]
    hers, his = await app.stream(ana).ready(), await app.stream(ben).ready()
    assert (await app.post(ana, "/logout")).status_code in (204, 303)
    await asyncio.wait_for(hers.over.wait(), 5)
    assert not his.over.is_set()
    again = await app.stream(ana).ready()
    assert again.status == 401 or again.status == 303
    assert (await app.get(ana, "/desk/changes")).status_code == 401
    await his.leave()


def sent_away(session: Session, user: str, now: object) -> None:
    session.get_one(User, user).disabled_at = now  # type: ignore[assignment]


def promoted(session: Session, user: str, now: object) -> None:
    session.get_one(User, user).role = "supervisor"


def too_old(session: Session, user: str, now: object) -> None:
    for row in session.exec(select(LoginSession).where(LoginSession.user_id == user)):
        row.ends_at = now  # type: ignore[assignment]


@pytest.mark.parametrize("loss", [sent_away, promoted, too_old])
async def test_a_stream_ends_with_what_it_hangs_on(
    app: LiveApp, clock: SetClock, loss: Callable[..., None]
) -> None:
    ana, ben = (await staff(app))[:2]
    hers, his = await app.stream(ana).ready(), await app.stream(ben).ready()
    await app.do(partial(loss, user=ana.id, now=clock.now()))
    await skipping(clock, 15, hers.over.is_set)
    assert not his.over.is_set()
    await his.leave()


async def test_watching_is_nothing_a_person_did(app: LiveApp, clock: SetClock) -> None:
    ana = await app.hire("ana")
    await app.post(ana, "/desk/state", state="break")
    stream = await app.stream(ana).ready()
    clock.advance(20 * 60)
    for path in ("/desk/changes", "/desk/call-panel", "/desk/waiting"):
        assert (await app.get(ana, path)).status_code == 200
    clock.advance(11 * 60)
    await skipping(clock, 15, stream.over.is_set)
    assert (await app.get(ana, "/desk/changes")).status_code == 401


async def test_those_who_stall_or_leave_at_once_leave_nothing_behind(app: LiveApp, clock: SetClock) -> None:
    ana = await app.hire("ana")
    stalled = [app.stream(ana, reads=False) for _ in range(60)]
    for one in stalled:
        await one.ready()
    for _ in range(60):
        await app.stream(ana).leave()
    for _ in range(3):
        await app.do(lambda session: announce(session, LiveKind.AGENT_UPDATED, ana.id, to=[ana.id]))
    await skipping(clock, SEND_TIMEOUT, lambda: app.services.hub.stream_count == 0)
    for one in stalled:
        await one.leave()
    assert app.services.hub.users() == frozenset()


async def test_who_waits_is_drawn_once_and_told_to_all(app: LiveApp, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[datetime] = []
    real = waiting_callers.waiting_callers

    def noted(
        session: Session, now: datetime, queues: Collection[str] | None
    ) -> list[waiting_callers.Waiting]:
        looks.append(now)
        return real(session, now, queues)

    monkeypatch.setattr(waiting_callers, "waiting_callers", noted)
    agents = [await app.hire(name, number=f"+120255501{place}") for place, name in enumerate(AGENTS[:2], 10)]
    streams = await asyncio.gather(*(app.stream(one).ready() for one in (*agents, *agents)))
    assert len(looks) <= 2
    for place in range(2):
        await app.rings(f"+120255501{20 + place}")
    looks.clear()
    ringing = await app.rings("+12025550134")
    await until(lambda: all("0134" in stream.raw for stream in streams))
    shown = [stream.raw[stream.raw.rindex("event: waiting") :].partition("\n\n")[0] for stream in streams]
    assert len(set(shown)) == 1
    assert json.loads(shown[0].partition("data: ")[2]) == (await app.get(agents[0], "/desk/waiting")).text
    assert len(looks) <= 3
    await app.ended(ringing)
    await until(
        lambda: all("0134" not in stream.raw[stream.raw.rindex("event: waiting") :] for stream in streams)
    )
    for one in streams:
        await one.leave()


async def test_a_stream_begins_with_who_waits_and_where_to_go_on_from(app: LiveApp) -> None:
    ana = await app.hire("ana")
    stream = await app.stream(ana).ready()
    assert stream.raw.startswith("retry: ")
    assert (await stream.told.get()).id == app.services.hub.last_event_id
    assert (await stream.told.get()).kind == waiting.WAITING
    await stream.leave()


async def test_a_receipt_is_kept_once_and_only_for_whoever_was_offered_the_call(
    app: LiveApp, clock: SetClock
) -> None:
    agents = await staff(app)
    ringing = await app.rings("+12025550134")
    call, sent = call_id(ringing.sid), clock.now()
    for seconds, kind in ((1, "delivered"), (1, "seen"), (5, "delivered"), (5, "seen")):
        clock.advance(seconds)
        for agent in agents:
            assert (await app.post(agent, f"/desk/pops/{call}/{kind}")).status_code == 204
    [pop] = await app.do(lambda session: session.exec(select(Pop)).all())
    assert (pop.delivered_at, pop.seen_at) == (sent + timedelta(seconds=1), sent + timedelta(seconds=2))
    assert (await app.post(agents[0], f"/desk/pops/{call}/eaten")).status_code == 404


async def test_a_softphone_that_fell_silent_is_not_rung_but_the_phone_is(
    app: LiveApp, clock: SetClock
) -> None:
    ana = await app.hire("ana", number="+12025550111")
    stream = await app.stream(ana).ready()
    assert (await app.post(ana, "/desk/softphone")).status_code == 204
    clock.advance(10)
    assert (await app.post(ana, "/desk/softphone")).status_code == 204
    rung = await app.rings("+12025550134")
    assert "<Client" in rung.document
    await app.ended(rung)
    clock.advance(26)
    rung = await app.rings("+12025550135")
    assert "<Client" not in rung.document
    assert "+12025550111" in rung.document
    await until(lambda: ana.id in stream.raw)
    await stream.leave()


async def test_a_softphone_that_says_goodbye_is_gone_at_once(app: LiveApp) -> None:
    ana = await app.hire("ana", number="+12025550111")
    await app.post(ana, "/desk/softphone")
    await app.post(ana, "/desk/softphone", up="no")
    assert await app.do(lambda session: session.get_one(Agent, ana.id).softphone_until) is None
    sara = await app.hire("sara", "supervisor")
    assert (await app.post(sara, "/desk/softphone")).status_code == 404
