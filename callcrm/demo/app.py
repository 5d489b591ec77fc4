"""One life of the demo: a fresh store full of people, the real app on it, and the carrier that calls it."""

import asyncio
import gc
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import httpx
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from callcrm.app import build
from callcrm.base.clock import Clock, SystemClock
from callcrm.base.threads import SystemThreads, Threads
from callcrm.calls.runtime import build_runtime
from callcrm.config import Settings
from callcrm.demo.phone.caller_phone import Line, Town
from callcrm.demo.phone.directory import SOFTPHONE, Phones
from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import conversation, record
from callcrm.demo.sample_data.call_plan import Clips
from callcrm.demo.sample_data.people import LINE, OPERATOR, STAFF
from callcrm.demo.settings import invented_account, settings_for
from callcrm.demo.story.call_watcher import Watcher
from callcrm.demo.story.story import Entry, Story
from callcrm.demo.story.wire_narrator import WireNarrator
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.loader import Flows
from callcrm.services import Services
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import Clock as CarrierClock
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import AudioIn
from callcrm.simulator.recordings import Recording
from callcrm.simulator.rest.base import RestApi
from callcrm.simulator.rest.serving import serve_rest
from callcrm.simulator.scenarios.run import incoming_number
from callcrm.simulator.settings import CarrierSettings as Habits
from callcrm.simulator.wire.wire_log import Exchange
from callcrm.store import migrate
from callcrm.store.store import Store

SEED = 1
HABITS = Habits(setup_delay=0.7, recording_delay=2.0)  # of a carrier in a hurry: somebody is watching
CALLS = (19, 31, 44, 62, 91)  # seconds of the recordings that all calls share
MESSAGES = (9, 16, 24)
AFTERGLOW = timedelta(minutes=10)  # how long an ended call is still watched: notes and recordings come later


@dataclass
class DemoApp:
    """The parts of a running demo that its pages and sockets use; also at `app.state.demo`."""

    app: Starlette
    carrier: Carrier
    phones: Phones
    town: Town
    story: Story = field(default_factory=Story)

    @property
    def services(self) -> Services:
        """The parts of the app."""
        found: Services = self.app.state.services
        return found

    def locale(self, language: str) -> Locale:
        """How a page in this language speaks."""
        settings = self.services.settings
        return Locale(language, settings.zone, settings.default_region, self.services.clock.now)


@asynccontextmanager
async def running_demo(url: str, flows: Flows, routes: Sequence[BaseRoute]) -> AsyncIterator[DemoApp]:
    """A demo at this public URL from its first moment to its last; it leaves nothing behind."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        clock, threads = SystemClock(), SystemThreads()
        parties, account = CarrierClock(), invented_account()
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        phones = Phones(parties, clock)
        carrier = Carrier(
            account.sid,
            account.token,
            http,
            parties,
            directory=phones,
            settings=HABITS,
            seed=secrets.randbits(62),
            numbers=[incoming_number(LINE, url)],
        )
        phones.find = partial(_leg_of, carrier)
        carrier.state.recordings.make_audio = _voices
        settings = settings_for(
            folder, url, account, await stack.enter_async_context(serve_rest(RestApi(carrier)))
        )
        sample = await threads.run(_stock, settings, flows, clock, threads)
        app = build(settings, clock, flows, threads=threads, framed=True)
        app.router.routes.extend(routes)
        await stack.enter_async_context(app.router.lifespan_context(app))
        stack.push_async_callback(parties.stop)
        life = app.state.demo = DemoApp(
            app, carrier, phones, Town(partial(_dial, carrier), name_at, flows.book, sample)
        )
        await stack.enter_async_context(_watching(life))
        stack.callback(life.story.close)
        stack.callback(phones.close)
        yield life


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of our own for as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="callcrm-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stock(settings: Settings, flows: Flows, clock: Clock, threads: Threads) -> bytes:
    """Make the store and fill it; the sound of a message that a caller may leave."""
    gc.disable()  # thousands of rows, and not one of them to be thrown away
    random, folder = Random(SEED), settings.data_dir / "recordings"
    store = Store(settings.database, clock, threads)
    try:
        migrate.upgrade(settings.database, clock)
        clips = Clips(record(folder, random, CALLS, 2), record(folder, random, MESSAGES, 1))
        runtime, now = build_runtime(settings, flows), clock.now()
        store.write_now(partial(seed.fill, runtime=runtime, clips=clips, now=now, seed=SEED))
    finally:
        gc.enable()
        store.close()
    return (folder / clips.messages[0].path).read_bytes()


def _voices(one: Recording) -> bytes:
    return conversation(one.sid, one.seconds, one.channels)


def _leg_of(carrier: Carrier, audio_in: AudioIn) -> Leg | None:
    return next((leg for leg in reversed(carrier.state.legs.values()) if leg.audio_in is audio_in), None)


def _dial(carrier: Carrier, from_: str, line: Line) -> Leg:
    return carrier.begin_call(from_, carrier.numbers[0], line)


def name_at(address: str, locale: Locale) -> str:
    """Who is rung at an address; the number itself where it is nobody's of ours."""
    for one in STAFF:
        if address in (one.number, SOFTPHONE + one.id):
            return one.name
    if address == OPERATOR:
        return locale._("the operator")
    return locale._("a colleague") if address.startswith(SOFTPHONE) else locale.tel(address)


@asynccontextmanager
async def _watching(life: DemoApp) -> AsyncIterator[None]:
    """The story is told for as long as the block."""
    legs, story = life.carrier.state.legs, life.story
    teller = WireNarrator(legs.get, life.town.name)
    begun: set[str] = set()

    def tell(exchange: Exchange) -> None:
        for entry in teller.entries(exchange):
            if entry.call not in begun:
                begun.add(entry.call)
                story.tell(_beginning(entry, legs[entry.call]))
            story.tell(entry)

    life.carrier.wire_log.listeners.append(tell)
    watcher = Watcher(life.services.store, story, life.services.clock, partial(_watched, life))
    work = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        life.carrier.wire_log.listeners.remove(tell)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def _beginning(entry: Entry, leg: Leg) -> Entry:
    inbound = leg.direction == "inbound"

    def said(locale: Locale) -> str:
        if inbound:
            return locale._("A call comes in, %(date)s", date=locale.day(entry.at))
        return locale._("A call goes out, %(date)s", date=locale.day(entry.at))

    return Entry(entry.at, entry.call, said, leg.sid, begins=True)


def _watched(life: DemoApp) -> list[str]:
    """The calls that are on, or were until a moment ago."""
    since = life.services.clock.now() - AFTERGLOW
    calls = life.carrier.ground_truth.calls.values()
    return [call.sid for call in calls if call.root.ended is None or call.root.ended > since]
