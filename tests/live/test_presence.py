"""Who has a live stream open, at whichever process."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.live import hub, presence
from callcrm.store.store import Store
from tests.clocks import CLOCK, SetClock
from tests.live.conftest import Opener

USERS = ("mia", "tom", "eve")


def present(store: Store, clock: Clock) -> set[str]:
    def verb(session: Session) -> set[str]:
        return {user for user in USERS if presence.is_present(session, user, clock.now())}

    return store.read_now(verb)


def heartbeat(store: Store, clock: SetClock, process: str, *users: str) -> None:
    store.write_now(lambda session: presence.heartbeat(session, process, users, clock.now()))


def test_who_has_a_stream_anywhere_is_watching(store: Store, clock: SetClock) -> None:
    heartbeat(store, clock, "one", "mia", "tom")
    heartbeat(store, clock, "two", "mia", "eve")
    assert present(store, clock) == {"mia", "tom", "eve"}


def test_who_left_is_not_watching_any_more(store: Store, clock: SetClock) -> None:
    heartbeat(store, clock, "one", "mia", "tom")
    heartbeat(store, clock, "one", "tom")
    assert present(store, clock) == {"tom"}


def test_who_left_one_process_may_still_watch_at_another(store: Store, clock: SetClock) -> None:
    heartbeat(store, clock, "one", "mia")
    heartbeat(store, clock, "two", "mia")
    heartbeat(store, clock, "one")
    assert present(store, clock) == {"mia"}


@pytest.mark.parametrize(("seconds", "alive"), [(17, True), (20, False)])
def test_a_process_that_died_is_forgotten_within_twenty_seconds(
    store: Store, clock: SetClock, seconds: int, alive: bool
) -> None:
    heartbeat(store, clock, "one", "mia")
    clock.advance(seconds)
    assert store.read_now(lambda session: presence.is_present(session, "mia", clock.now())) is alive


def test_a_dead_process_leaves_no_rows(store: Store, clock: SetClock) -> None:
    heartbeat(store, clock, "one", "mia")
    clock.advance(60)
    heartbeat(store, clock, "two")
    clock.advance(-60)
    assert present(store, clock) == set()


def test_three_heartbeats_come_in_a_lifetime() -> None:
    assert presence.HEARTBEAT * 3 <= presence.LIFETIME <= timedelta(seconds=20)


@pytest.mark.anyio
async def test_an_open_stream_makes_its_user_watch_until_it_ends(
    app: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PRESENCE_INTERVAL", 0.01)
    async with app() as here:
        async with here.client("mia"):
            await _present_becomes(here.store, {"mia"})
        await _present_becomes(here.store, set())


@pytest.mark.anyio
async def test_a_process_that_stops_takes_its_watchers_along(app: Opener, store: Store) -> None:
    async with app() as here, here.client("mia"):
        await _present_becomes(here.store, {"mia"})
    assert present(store, CLOCK) == set()


async def _present_becomes(store: Store, users: set[str]) -> None:
    async with asyncio.timeout(5):
        while present(store, CLOCK) != users:  # noqa: ASYNC110  # in the store, where nobody tells of it
            await asyncio.sleep(0.02)
