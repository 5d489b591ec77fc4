"""When streams of events end."""

import asyncio
from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from callcrm.agents import tokens, users
from callcrm.edge.stream import KEEPALIVE
from callcrm.live.feed import POLL_SECONDS
from callcrm.models import Token, User
from callcrm.store.store import Store
from tests.api.events.conftest import Live, Play, updated
from tests.api.support.office import NOON
from tests.clocks import CLOCK, THREADS, SetClock, skipping


def revoked(session: Session) -> None:
    token = session.exec(select(Token).where(Token.user_id == "ana")).one()
    tokens.revoke(session, token.id, NOON)


def past_its_end(session: Session) -> None:
    session.exec(select(Token).where(Token.user_id == "ana")).one().expires_at = NOON


def demoted(session: Session) -> None:
    session.get_one(User, "sara").role = "agent"


def disabled(session: Session) -> None:
    users.disable(session, "sara", NOON)


def of_another_role(session: Session) -> None:
    users.set_role(session, "sara", "agent", NOON)


@pytest.mark.parametrize(("who", "loss"), [("ana", revoked), ("sara", disabled), ("sara", of_another_role)])
def test_the_streams_of_a_revoked_token_end_at_once(
    play: Play, who: str, loss: Callable[[Session], None]
) -> None:
    async def story(live: Live) -> None:
        stream, other = await live.stream(who), await live.stream("ben")
        await live.do(loss)
        await asyncio.wait_for(stream.over.wait(), 5)
        assert not other.over.is_set()

    play(story)


def test_a_token_revoked_by_a_command_ends_its_streams_within_seconds(play: Play, database_url: str) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("ana")
        elsewhere = Store(database_url, CLOCK, THREADS)  # it tells nobody: the table is looked at
        await elsewhere.write(revoked)
        await skipping(live.clock, POLL_SECONDS, stream.over.is_set)
        elsewhere.close()

    play(story)


@pytest.mark.parametrize(("who", "loss"), [("ana", past_its_end), ("sara", demoted)])
def test_a_token_that_is_good_no_more_ends_its_stream(
    play: Play, clock: SetClock, who: str, loss: Callable[[Session], None]
) -> None:
    async def story(live: Live) -> None:
        stream, other = await live.stream(who), await live.stream("ben")
        await live.do(loss)
        await skipping(clock, KEEPALIVE, stream.over.is_set)
        assert not other.over.is_set()

    play(story)


def test_a_token_is_looked_at_on_a_busy_stream_too(play: Play, clock: SetClock) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("ana")
        await live.do(updated)
        assert (await stream.next()).kind == "call.updated"  # from here on its time runs
        began = clock.monotonic()
        await live.do(past_its_end)
        clock.skip(KEEPALIVE / 2)
        await live.do(updated)
        assert (await stream.next()).kind == "call.updated"
        clock.skip(KEEPALIVE / 2)
        await live.do(updated)
        await stream.over.wait()
        assert clock.monotonic() - began < 2 * KEEPALIVE  # at the event, not at a sign of life after it

    play(story)


def test_streams_end_when_the_house_stops(play: Play) -> None:
    async def story(live: Live) -> None:
        stream = await live.stream("ana")
        live.parts.hub.close()
        await stream.over.wait()

    play(story)
