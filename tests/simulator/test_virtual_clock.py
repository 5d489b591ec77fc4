"""Time that passes only while every party rests."""

import asyncio
from datetime import UTC, datetime

import pytest

from callcrm.simulator.clock import Clock, Signal, VirtualClock

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_parties_wake_in_the_order_of_their_time() -> None:
    async def run() -> list[str]:
        clock, seen = VirtualClock(START), []

        async def party(name: str, seconds: float) -> None:
            await clock.sleep(seconds)
            seen.append(f"{name} {clock.monotonic():g}")

        for name, seconds in (("late", 7200), ("early", 1), ("middle", 60.5)):
            clock.spawn(party(name, seconds))
        await clock.settle()
        return seen

    assert asyncio.run(run()) == ["early 1", "middle 60.5", "late 7200"]


def test_time_stands_still_while_a_party_waits_for_the_world() -> None:
    async def run() -> float:
        clock, answered = VirtualClock(START), asyncio.Event()

        async def asks() -> float:
            await answered.wait()
            return clock.monotonic()

        asking = clock.spawn(asks())
        clock.spawn(clock.sleep(100))
        for _ in range(20):
            await asyncio.sleep(0)
        answered.set()
        before = await asking
        await clock.settle()
        return before

    assert asyncio.run(run()) == 0


def test_a_bell_ends_a_rest_before_its_time() -> None:
    async def run() -> tuple[bool, float]:
        clock, signal = VirtualClock(START), Signal()

        async def rings() -> None:
            await clock.sleep(3)
            signal.set()

        async def rests() -> tuple[bool, float]:
            return await clock.wait(signal, seconds=10), clock.monotonic()

        clock.spawn(rings())
        return await clock.spawn(rests())

    assert asyncio.run(run()) == (True, 3)


def test_a_rest_without_a_bell_ends_with_its_time() -> None:
    async def run() -> tuple[bool, float]:
        clock = VirtualClock(START)

        async def rests() -> tuple[bool, float]:
            return await clock.wait(Signal(), seconds=10), clock.monotonic()

        return await clock.spawn(rests())

    assert asyncio.run(run()) == (False, 10)


def test_a_cancelled_party_does_not_let_time_run_ahead() -> None:
    async def run() -> float:
        clock = VirtualClock(START)
        noted = 0.0

        async def victim() -> None:
            nonlocal noted
            try:
                await clock.sleep(1000)
            finally:
                for _ in range(10):
                    await asyncio.sleep(0)
                noted = clock.monotonic()

        async def killer(task: asyncio.Task[None]) -> None:
            await clock.sleep(5)
            task.cancel()
            await clock.sleep(1)

        task = clock.spawn(victim())
        clock.spawn(killer(task))
        await clock.settle()
        return noted

    assert asyncio.run(run()) == 5


def test_whoever_holds_the_clock_stops_it() -> None:
    async def run() -> float:
        clock = VirtualClock(START)
        with clock.hold():
            sleeping = clock.spawn(clock.sleep(50))
            for _ in range(20):
                await asyncio.sleep(0)
            held = clock.monotonic()
        await sleeping
        return held

    assert asyncio.run(run()) == 0


def test_a_party_that_fails_is_heard_of() -> None:
    async def run() -> None:
        clock = VirtualClock(START)

        async def fails() -> None:
            await clock.sleep(1)
            raise ValueError("broken")

        clock.spawn(fails())
        await clock.settle()

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())


def test_the_same_party_lives_in_real_time_too() -> None:
    async def run() -> bool:
        clock, signal = Clock(), Signal()

        async def rings() -> None:
            await clock.sleep(0)
            signal.set()

        clock.spawn(rings())
        signalled = await clock.spawn(clock.wait(signal, seconds=60))
        await clock.settle()
        return signalled

    assert asyncio.run(run())


@pytest.mark.parametrize("clock", [Clock, lambda: VirtualClock(START)])
def test_a_stopped_clock_leaves_no_task_behind(clock: type[Clock]) -> None:
    async def run() -> None:
        time = clock()
        waiting = time.spawn(time.wait())
        await asyncio.sleep(0)
        await time.stop()
        assert waiting.cancelled()
        await time.settle()

    asyncio.run(asyncio.wait_for(run(), 5))
