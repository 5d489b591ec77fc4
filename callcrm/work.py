"""What goes on without anybody asking: jobs, duties, and the spool emptied as soon as the store is back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlmodel import Session

from callcrm.agents import login_throttle, sessions, softphone, states
from callcrm.api.http import idempotency
from callcrm.base.errors import Unavailable
from callcrm.carrier.errors import CarrierRefused
from callcrm.jobs import spool_replay
from callcrm.jobs.backlog import Backlog
from callcrm.jobs.handlers import handlers
from callcrm.jobs.reconcile import Reconciler
from callcrm.jobs.runner import Runner
from callcrm.ledger import event_store
from callcrm.ledger.spool import SpoolDown
from callcrm.live import event_log
from callcrm.recordings.sweep import sweep
from callcrm.services import Services
from callcrm.store import migrate
from callcrm.store.enqueue import Enqueued
from callcrm.store.store import StoreDown

LOOK_AT_SPOOL = 1.0
LOOK_AT_STORE = 2.0
HOUR = 3600.0
ANSWERS_ARE_KEPT = timedelta(hours=24)  # to requests that may be repeated
COMPARE_EVERY = 300.0
COMPARE_SINCE = timedelta(hours=24)
CALLBACKS_TAKE = timedelta(minutes=2)
log = structlog.get_logger()


@asynccontextmanager
async def at_work(services: Services) -> AsyncIterator[None]:
    """Jobs run and the spool is watched for as long as the block; what is in hand at its end is finished."""
    runner = _runner(services)
    services.backlog.start()
    services.published.append(partial(_enqueued, services.backlog, runner))
    running = asyncio.create_task(runner.run())
    watching = [asyncio.create_task(one(services)) for one in (_watch_spool, _bring_up)]
    try:
        yield
    finally:
        await runner.stop()
        for task in watching:
            task.cancel()
        await asyncio.gather(running, *watching, return_exceptions=True)


def _runner(services: Services) -> Runner:
    runner = Runner(services.store, handlers(services), services.clock, attempted=services.backlog.attempted)
    for seconds, name, verb in VERBS:
        runner.every(seconds, name, partial(_write, services, verb))
    runner.every(HOUR, "sweep recordings", partial(_sweep, services))
    runner.every(COMPARE_EVERY, "compare with the carrier", partial(_compare, services))
    return runner


def _enqueued(backlog: Backlog, runner: Runner, news: list[object]) -> None:
    jobs = [job for job in news if isinstance(job, Enqueued)]
    for job in jobs:
        backlog.enqueued(job)
    if jobs:
        runner.wake()


def _forget_answers(session: Session, now: datetime) -> int:
    return idempotency.forget(session, now - ANSWERS_ARE_KEPT)


VERBS: tuple[tuple[float, str, Callable[[Session, datetime], int]], ...] = (
    (2, "end wrap-ups", states.end_wrap_ups),
    (5, "let go of silent softphones", softphone.expire),
    (30, "free forgotten agents", states.release_stale),
    (HOUR, "forget what was announced", event_log.prune),
    (HOUR, "forget answers to repeatable requests", _forget_answers),
    (HOUR, "forget sessions", sessions.delete_expired),
    (HOUR, "forget attempts to sign in", login_throttle.forget),
)


async def _write(services: Services, verb: Callable[[Session, datetime], int]) -> None:
    await services.store.write(lambda session: verb(session, services.clock.now()))


async def _sweep(services: Services) -> None:
    await sweep(services.store, services.storage, services.clock.now())


async def _compare(services: Services) -> None:
    """Close the gaps that lost callbacks left; a carrier that can't be asked is asked again later."""
    reconciler = Reconciler(
        services.store, services.rest_client, services.runtime, services.clock, patience=CALLBACKS_TAKE
    )
    try:
        found = await reconciler.run(services.clock.now() - COMPARE_SINCE)
    except (Unavailable, CarrierRefused) as fault:
        log.warning("the carrier could not be asked", fault=type(fault).__name__)
        return
    log.info("compared with the carrier", missing=found.missing_calls, repaired=found.repaired_calls)


async def _bring_up(services: Services) -> None:
    """A SQLite store that was away when we started is brought to the newest schema once it is back."""
    while services.settings.on_sqlite:
        try:
            await services.store.read(event_store.check_readable)
            return
        except Exception as fault:
            log.warning("the store is not fit for use yet", fault=type(fault).__name__)
        with suppress(Exception):
            await services.threads.run(migrate.upgrade, services.settings.database, services.clock)
        await services.clock.sleep(LOOK_AT_STORE)


async def _watch_spool(services: Services) -> None:
    """Every process empties its own spool, and those of the dead."""
    take: Callable[[list[dict[str, Any]]], Awaitable[None]] = partial(
        spool_replay.replay, services.store, services.runtime, services.clock
    )
    while True:
        await services.clock.sleep(LOOK_AT_SPOOL)
        try:
            if taken := await services.spool.replay(take):
                log.info("spooled events taken in", count=taken)
        except (StoreDown, SpoolDown) as fault:
            log.warning("the spool waits for the store", fault=type(fault).__name__)
        except Exception as fault:
            log.error("the spool could not be emptied", fault=type(fault).__name__)
