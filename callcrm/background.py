"""What runs without a request: jobs, enqueued and periodic, and the replay of the spool."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlmodel import Session

from callcrm import metrics
from callcrm.agents import sessions, softphone, states
from callcrm.agents.access import account_guesses, login_throttle
from callcrm.agents.browser import form_tokens, kept_forms, kept_searches
from callcrm.base.errors import Unavailable, fault_fields
from callcrm.business import modules
from callcrm.carrier.errors import CarrierRefused
from callcrm.crm.noun import Duty, Noun
from callcrm.jobs import spool_replay
from callcrm.jobs.backlog import Backlog
from callcrm.jobs.handlers import SLOW_JOBS, handlers, leases
from callcrm.jobs.quiet_calls import QuietCalls
from callcrm.jobs.reconcile import Reconciler
from callcrm.jobs.runner import Runner
from callcrm.ledger import event_store
from callcrm.ledger.spool import SpoolDown
from callcrm.live import event_log
from callcrm.models.delete_some import SOME
from callcrm.recordings.leftovers import sweep
from callcrm.services import Services
from callcrm.store import idempotency, migrate
from callcrm.store.enqueue import Enqueued
from callcrm.store.store import StoreDown

SPOOL_POLL = 1.0  # seconds
STORE_POLL = 2.0
INTEGRITY_DELAY = 5.0  # who waits for us to be ready waits for no reading of the whole file
INTEGRITY_EVERY = 24 * 3600.0
INTEGRITY_REST = 9.0  # times as long as the reading before it
HOUR = 3600.0
INDEX_TIMEOUT = 60.0
INDEX_EVERY = 10.0  # seconds: a search that comes meanwhile takes in what it lacks itself
RESPONSE_RETENTION = timedelta(hours=24)  # of responses to requests with an Idempotency-Key
RECONCILE_EVERY = 300.0
LOOK_UP_EVERY = 30.0
RECONCILE_SINCE = timedelta(hours=24)
CALLBACK_DELAY = timedelta(minutes=2)  # after the end of a call, in which its callbacks may still come
log = structlog.get_logger()


@asynccontextmanager
async def background_work(services: Services) -> AsyncIterator[None]:
    """Runs jobs and watches the spool as long as the block lasts; jobs that are running at its end finish."""
    runner = _runner(services)
    services.backlog.start()
    services.commit_listeners.append(partial(_enqueued, services.backlog, runner))
    running = asyncio.create_task(runner.run())
    watching = [
        asyncio.create_task(watch(services)) for watch in (_watch_spool, _upgrade_when_back, _watch_integrity)
    ]
    try:
        yield
    finally:
        await runner.stop()
        for task in watching:
            task.cancel()
        await asyncio.gather(running, *watching, return_exceptions=True)


def _runner(services: Services) -> Runner:
    runner = Runner(
        services.store,
        handlers(services),
        services.clock,
        slow=SLOW_JOBS,
        leases=leases(services.seams),
        attempted=services.backlog.attempted,
    )
    for seconds, name, verb in PERIODIC_VERBS:
        runner.every(seconds, name, partial(_write, services, verb))
    for noun in services.seams.nouns:
        for duty in noun.duties:
            runner.every(duty.seconds, duty.name, partial(_write, services, _duty(services, noun, duty)))
    runner.every(INDEX_EVERY, "take in what is due in the full-text index", partial(_index, services))
    runner.every(HOUR, "sweep recordings", partial(_sweep, services))
    runner.every(RECONCILE_EVERY, "reconcile with the carrier", partial(_reconcile, services))
    runner.every(LOOK_UP_EVERY, "look up quiet calls", partial(_look_up, services, QuietCalls()))
    return runner


def _enqueued(backlog: Backlog, runner: Runner, events: list[object]) -> None:
    jobs = [job for job in events if isinstance(job, Enqueued)]
    for job in jobs:
        backlog.enqueued(job)
    if jobs:
        runner.wake()


def _delete_responses(session: Session, now: datetime) -> int:
    return idempotency.forget(session, now - RESPONSE_RETENTION)


PERIODIC_VERBS: tuple[tuple[float, str, Callable[[Session, datetime], int]], ...] = (
    (2, "end wrap-ups", states.end_wrap_ups),
    (5, "expire softphones", softphone.expire),
    (30, "release stale agents", states.release_stale),
    (HOUR, "delete old live events", event_log.prune),
    (HOUR, "delete responses to repeatable requests", _delete_responses),
    (HOUR, "delete expired sessions", sessions.delete_expired),
    (HOUR, "delete old tokens of forms", form_tokens.delete_expired),
    (HOUR, "delete forms kept too long", kept_forms.delete_expired),
    (HOUR, "delete searches kept too long", kept_searches.delete_expired),
    (HOUR, "delete old login attempts", login_throttle.delete_old),
    (HOUR, "delete old guesses at accounts", account_guesses.delete_old),
)


async def _write(services: Services, verb: Callable[[Session, datetime], int]) -> None:
    """Does it as often as there may be more to do: what deletes old rows deletes some at a time."""
    while await services.store.write(lambda session: verb(session, services.clock.now())) >= SOME:
        pass


def _duty(services: Services, noun: Noun, duty: Duty) -> Callable[[Session, datetime], int]:
    def run(session: Session, now: datetime) -> int:
        if noun.module is not None and noun.module.name in modules.off(session):
            return 0
        return duty.run(session, services.runtime, now)

    return run


async def _sweep(services: Services) -> None:
    await sweep(services.store, services.storage, services.clock.now())


async def _index(services: Services) -> None:
    await services.store.index_due(deadline=INDEX_TIMEOUT)


async def _reconcile(services: Services) -> None:
    """Fills in what lost callbacks left out; if the carrier is away, the next run does it."""
    try:
        report = await _reconciler(services).run(services.clock.now() - RECONCILE_SINCE)
    except (Unavailable, CarrierRefused) as fault:
        log.warning("the carrier could not be asked", **fault_fields(fault))
        return
    log.info("compared with the carrier", missing=report.missing_calls, repaired=report.repaired_calls)


async def _look_up(services: Services, quiet_calls: QuietCalls) -> None:
    """Ends what the carrier says is over, or does not know; if it is away, the next run does it."""
    try:
        report = await quiet_calls.run(_reconciler(services))
    except (Unavailable, CarrierRefused) as fault:
        log.warning("quiet calls could not be looked up", **fault_fields(fault))
        return
    if report.repaired_calls:
        log.info("quiet calls looked up", repaired=report.repaired_calls)


def _reconciler(services: Services) -> Reconciler:
    return Reconciler(
        services.store, services.rest_client, services.runtime, services.clock, patience=CALLBACK_DELAY
    )


async def _upgrade_when_back(services: Services) -> None:
    """Upgrades the schema of a SQLite store that was away when we started, as soon as it is back."""
    logged: dict[str, str] = {}
    while services.settings.on_sqlite:
        try:
            await services.store.read(event_store.check_readable)
            return
        except Exception as fault:
            if logged != fault_fields(fault):
                logged = fault_fields(fault)
                log.warning("the store is not fit for use yet", **logged)
        try:
            await services.threads.run(migrate.upgrade, services.settings.database, services.clock)
        except Exception as fault:
            log.debug("the schema could not be upgraded", **fault_fields(fault))
        await services.clock.sleep(STORE_POLL)


async def _watch_integrity(services: Services) -> None:
    """Reads all of a SQLite file at the start and once a day: what is damaged is better noticed before it is
    needed. A copy put over the file of a running server, or beside the log of another, is damaged so.
    """
    await services.clock.sleep(INTEGRITY_DELAY)
    while services.settings.on_sqlite:
        try:
            if await _is_whole(services):
                services.store.corrupt = False
        except StoreDown as fault:
            log.warning("the store could not be read through", **fault_fields(fault))
        if services.store.corrupt:
            log.error("the store is corrupt: restore a backup")
        await services.clock.sleep(INTEGRITY_EVERY)


async def _is_whole(services: Services) -> bool:
    """Whether the file is whole, read table by table with rests between: webhooks need the disk as well."""
    whole = True
    for part in await services.threads.run(services.store.parts_to_check):
        began = services.clock.monotonic()
        whole = await services.threads.run_aside(services.store.check_integrity, part) and whole
        await services.clock.sleep((services.clock.monotonic() - began) * INTEGRITY_REST)
    return whole


async def _watch_spool(services: Services) -> None:
    """Replays this process's spool, and those of processes that died, whenever there is something in them."""
    replay = partial(spool_replay.replay, services.store, services.runtime, services.clock)
    logged: dict[str, str] = {}  # of this outage: a line a second would say the same
    while True:
        await services.clock.sleep(SPOOL_POLL)
        metrics.spool_depth(services.spool.depth())  # each process its own: /metrics adds them up
        try:
            if count := await services.spool.replay(replay):
                log.info("spooled events taken in", count=count)
            logged = {}
        except Exception as fault:
            if logged != fault_fields(fault):
                logged = fault_fields(fault)
                waits = isinstance(fault, StoreDown | SpoolDown)
                event = "the spool waits for the store" if waits else "the spool could not be emptied"
                log.log(logging.WARNING if waits else logging.ERROR, event, **logged)
