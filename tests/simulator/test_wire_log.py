"""The carrier's logs and recordings, and stopping its clock."""

import asyncio
from datetime import UTC, datetime

import pytest

from callcrm.simulator.clock import Clock, VirtualClock
from callcrm.simulator.recordings import Recording, Recordings
from callcrm.simulator.wire.wire_log import Exchange, WireLog


def test_listeners_are_told_of_each_exchange_as_it_ends() -> None:
    log, received = WireLog(), list[Exchange]()
    log.listeners.append(received.append)
    exchange = Exchange(datetime.now(UTC), "flow", "CA1", "POST", "http://x", (), {}, 200, seconds=0.2)
    log.add(exchange)
    assert received == list(log) == [exchange]


@pytest.mark.parametrize("clock", [Clock, lambda: VirtualClock(datetime(2026, 1, 5, tzinfo=UTC))])
def test_a_stopped_clock_leaves_no_party_behind(clock: type[Clock]) -> None:
    async def run() -> None:
        time = clock()
        waiting = time.spawn(time.wait())
        await asyncio.sleep(0)
        await time.stop()
        assert waiting.cancelled()
        await time.settle()

    asyncio.run(asyncio.wait_for(run(), 5))


def test_who_keeps_recordings_can_give_them_a_voice_but_never_another_ones() -> None:
    async def run() -> list[bytes]:
        time = Clock()
        recordings = Recordings(time, 0.0)
        recordings.make_audio = lambda recording: b"hum of " + recording.sid.encode()
        made = [Recording(sid, "CA1", "DialVerb", 2, time.now()) for sid in ("RE1", "RE2")]
        made[1].audio = b"a real voice"
        for recording in made:
            recordings.begin(recording)
            recordings.finish(recording, 3.0, lambda _: None)
        await time.settle()
        return [recording.wav(2) for recording in made]

    assert asyncio.run(run()) == [b"hum of RE1", b"a real voice"]
