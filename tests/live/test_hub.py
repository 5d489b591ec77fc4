"""Who is told what, once, however often they go away (I10, I11, I24)."""

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from callcrm import metrics
from callcrm.base.errors import Unavailable
from callcrm.live import feed, listener
from callcrm.live.announce import announce
from callcrm.live.kinds import LiveKind
from callcrm.store.store import Store
from tests.clocks import CLOCK, THREADS
from tests.live.conftest import Opener

pytestmark = pytest.mark.anyio


async def test_who_is_concerned_is_told(app: Opener) -> None:
    async with app() as here, here.client("mia") as mia:
        await here.announce("call_1", to=("mia", "tom"), supervisors=True)
        item = await mia.item()
        assert (item.kind, item.subject) == ("call.updated", "call_1")


async def test_who_is_not_concerned_is_not_told(app: Opener) -> None:
    async with app() as here, here.client("mia", keepalive=0.1) as mia:
        await here.announce("call_1", to=("tom",), supervisors=True)
        assert await mia.silent()


async def test_a_supervisor_is_told_what_supervisors_are(app: Opener) -> None:
    async with app() as here, here.client("eve", supervisor=True, keepalive=0.1) as eve:
        await here.announce("call_1", to=("tom",))
        await here.announce("call_2", to=("eve",), supervisors=True)
        assert await eve.take(1) == ["call_2"]
        assert await eve.silent()


async def test_a_program_without_a_user_hears_what_supervisors_hear(app: Opener) -> None:
    async with app() as here, here.client(None, supervisor=True) as program:
        await here.announce("call_1", to=("mia",))
        await here.announce("call_2", supervisors=True)
        assert await program.take(1) == ["call_2"]


async def test_every_stream_of_a_user_is_told(app: Opener) -> None:
    async with app() as here, here.client("mia") as first, here.client("mia") as other:
        await here.announce("call_1")
        assert await first.take(1) == await other.take(1) == ["call_1"]


async def test_what_was_rolled_back_is_never_told(app: Opener) -> None:
    def failing(session: object) -> None:
        announce(session, LiveKind.CALL_UPDATED, "call_1", to=("mia",))  # type: ignore[arg-type]
        raise LookupError

    async with app() as here, here.client() as mia:
        with pytest.raises(LookupError):
            await here.store.write(failing)
        await here.announce("call_2")
        assert await mia.take(1) == ["call_2"]


async def test_who_comes_again_is_told_exactly_what_they_missed(app: Opener) -> None:
    async with app() as here:
        async with here.client() as mia:
            for number in range(10):
                await here.announce(f"call_{number}")
            assert await mia.take(4) == ["call_0", "call_1", "call_2", "call_3"]
        async with here.client(after=mia.last, keepalive=0.1) as mia:
            assert await mia.take(6) == [f"call_{number}" for number in range(4, 10)]
            assert await mia.silent()


async def test_who_comes_for_the_first_time_is_told_nothing_old(app: Opener) -> None:
    async with app() as here:
        await here.announce("call_1")
        async with here.client(keepalive=0.1) as mia:
            assert await mia.silent()


async def test_what_was_missed_is_only_what_concerns_the_client(app: Opener) -> None:
    async with app() as here:
        async with here.client() as mia:
            await here.announce("call_0")
            await mia.take(1)
        await here.announce("call_1", to=("tom",), supervisors=True)
        await here.announce("call_2")
        async with here.client(after=mia.last) as mia:
            assert await mia.take(1) == ["call_2"]


@pytest.mark.parametrize("after", ["", "nonsense", "999999", "1.5"])
async def test_an_id_of_another_store_starts_afresh(app: Opener, after: str) -> None:
    async with app() as here:
        await here.announce("call_1")
        async with here.client(after=after) as mia:
            await here.announce("call_2")
            assert await mia.take(1) == ["call_2"]


async def test_a_client_cut_off_at_random_misses_and_repeats_nothing(app: Opener) -> None:
    seed = random.randrange(1 << 32)
    dice, got, last = random.Random(seed), list[str](), None
    count = 150

    async def business() -> None:
        await asyncio.gather(*(here.announce(f"call_{number}") for number in range(count)))

    async with app() as here:
        async with here.client() as mia:
            await here.announce("first")
            got += await mia.take(1)
            last = mia.last
        going_on = asyncio.create_task(business())
        while len(got) <= count:
            async with here.client(after=last) as mia:
                got += await mia.take(min(dice.randint(1, 20), count + 1 - len(got)))
                last = mia.last
        await going_on
    assert sorted(got) == sorted(["first", *(f"call_{number}" for number in range(count))]), f"seed {seed}"


async def test_what_a_client_found_before_its_process_heard_of_it_is_not_repeated(app: Opener) -> None:
    async with app() as here, app() as elsewhere:
        async with here.client() as mia:
            await here.announce("call_0")
            assert await mia.take(1) == ["call_0"]
        await elsewhere.announce("call_1")  # no bus: found in the table alone
        async with here.client(after=mia.last) as again:
            assert await again.take(1) == ["call_1"]
            await here.announce("call_2")
            assert await again.take(1) == ["call_2"]
        async with here.client(after=again.last) as once_more:
            await here.announce("call_3")
            assert await once_more.take(1) == ["call_3"]


async def test_what_a_client_got_from_another_process_is_not_repeated(app: Opener) -> None:
    async with app() as here, app() as elsewhere:
        async with here.client() as mia:
            await here.announce("call_0")
            await here.announce("call_1")
            assert await mia.take(2) == ["call_0", "call_1"]
        async with elsewhere.client(after=mia.last, keepalive=0.1) as again:
            assert await again.silent()  # the table has been read
            await elsewhere.announce("call_2")
            assert await again.take(1) == ["call_2"]
        async with elsewhere.client(after=again.last) as once_more:
            await elsewhere.announce("call_3")
            assert await once_more.take(1) == ["call_3"]


async def test_a_client_too_slow_is_let_go_and_misses_nothing(
    app: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MAX_QUEUED", 5)
    async with app() as here:
        async with here.client() as mia:
            for number in range(20):
                await here.announce(f"call_{number}")
            assert (here.hub.stream_count, here.hub.dropped) == (0, 1)
            got = [item.subject async for item in mia.stream if item and (last := item.id)]
        async with here.client(after=last) as mia:
            assert [*got, *await mia.take(20 - len(got))] == [f"call_{number}" for number in range(20)]
            assert len(got) == 5


async def test_a_stream_that_ends_leaves_nothing_behind(app: Opener) -> None:
    async with app() as here:
        async with AsyncExitStack() as stack:
            for number in range(50):
                await stack.enter_async_context(here.client(f"user_{number}", supervisor=number % 2 == 0))
            assert here.hub.stream_count == 50
        assert (here.hub.stream_count, here.hub.users()) == (0, frozenset())


async def test_open_streams_are_a_figure(app: Opener) -> None:
    def listening() -> float | None:
        return metrics.REGISTRY.get_sample_value("callcrm_live_subscribers")

    async with app() as here:
        async with here.client("mia"), here.client("tom", supervisor=True):
            assert listening() == 2
        assert listening() == 0


async def test_a_stream_nobody_began_to_read_holds_no_place(app: Opener) -> None:
    async with app() as here:
        here.hub.subscribe("mia", supervisor=True)
        assert here.hub.stream_count == 0


async def test_a_hub_that_closes_ends_its_streams_and_admits_none(app: Opener) -> None:
    async with app() as here, here.client() as mia:
        here.hub.close()
        assert [item async for item in mia.stream] == []
        with pytest.raises(Unavailable):
            async with here.client():
                pass


async def test_silence_has_a_pulse(app: Opener) -> None:
    async with app() as here, here.client(keepalive=0.05) as mia:
        assert [await mia.silent(), await mia.silent()] == [True, True]


async def test_another_process_without_a_bus_is_heard_all_the_same(
    app: Opener, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.1)
    async with app() as here, here.client() as mia:
        other = Store(database_url, CLOCK, THREADS)
        other.write_now(lambda session: announce(session, LiveKind.CALL_UPDATED, "call_1", to=("mia",)))
        other.close()
        await here.announce("call_2")
        assert sorted(await mia.take(2)) == ["call_1", "call_2"]


async def test_what_was_announced_before_a_process_began_is_not_news_to_its_clients(
    app: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "POLL_SECONDS", 0.05)
    async with app() as before:
        await before.announce("call_1")
    async with app() as here, here.client(keepalive=0.3) as mia:
        assert await mia.silent()


async def test_a_thousand_clients_are_told_at_once(app: Opener) -> None:
    async with app() as here, AsyncExitStack() as stack:
        names = [f"eve{number}" for number in range(1000)]
        clients = [await stack.enter_async_context(here.client(name, supervisor=True)) for name in names]
        await here.announce("call_1", supervisors=True)
        items = [await client.item() for client in clients]
        assert len({id(item) for item in items}) == 1
