"""A running demo: a fresh store of sample data, the real app on it, and a simulated carrier."""

import asyncio
import gc
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
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
from callcrm.carrier.rest_transport import tls_context
from callcrm.config import Settings
from callcrm.demo.phone.caller_phone import CallerPhone, PhoneContext
from callcrm.demo.phone.directory import CLIENT_PREFIX, DemoDirectory
from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import conversation_wav, write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from callcrm.demo.sample_data.people import BUSINESS_NUMBER, OPERATOR_NUMBER, STAFF
from callcrm.demo.settings import invented_account, settings_for
from callcrm.demo.story.call_watcher import CallWatcher
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
from callcrm.simulator.settings import CarrierSettings
from callcrm.simulator.wire.wire_log import Exchange
from callcrm.store import migrate
from callcrm.store.store import Store

SEED = 1
CARRIER_SETTINGS = CarrierSettings(setup_delay=0.7, recording_delay=2.0)  # quick: somebody is watching
CALL_CLIP_SECONDS = (19, 31, 44, 62, 91)  # the sample calls share these few recordings
MESSAGE_CLIP_SECONDS = (9, 16, 24)
WATCHED_AFTER_END = timedelta(minutes=10)  # notes and recordings come after the end of a call

CreateStore = Callable[[Settings, Flows, Clock, Threads], bytes]


@dataclass
class DemoApp:
    """The parts of a running demo that its pages and sockets use; also at `app.state.demo`."""

    app: Starlette
    carrier: Carrier
    directory: DemoDirectory
    phone_context: PhoneContext
    story: Story = field(default_factory=Story)

    @property
    def services(self) -> Services:
        """The parts of the app."""
        services: Services = self.app.state.services
        return services

    def locale(self, language: str) -> Locale:
        """Texts, times and numbers in this language, in the demo's zone and region."""
        settings = self.services.settings
        return Locale(language, settings.zone, settings.default_region, self.services.clock.now)


@asynccontextmanager
async def running_demo(
    url: str, flows: Flows, routes: Sequence[BaseRoute], create_store: CreateStore
) -> AsyncIterator[DemoApp]:
    """A demo at this public URL while the block runs; its store and recordings are deleted at the end.

    `routes` are the demo's own, beside those of the app; `create_store` makes the store and fills it.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_temporary_folder())
        clock, threads = SystemClock(), SystemThreads()
        carrier_clock, account = CarrierClock(), invented_account()
        http = await stack.enter_async_context(
            httpx.AsyncClient(verify=tls_context(trust_env=False), trust_env=False)
        )
        directory = DemoDirectory(carrier_clock, clock)
        carrier = Carrier(
            account.sid,
            account.token,
            http,
            carrier_clock,
            directory=directory,
            settings=CARRIER_SETTINGS,
            seed=secrets.randbits(62),
            numbers=[incoming_number(BUSINESS_NUMBER, url)],
        )
        directory.find_leg = partial(_leg_of, carrier)
        carrier.state.recordings.make_audio = _recording_audio
        carrier_url = await stack.enter_async_context(serve_rest(RestApi(carrier)))
        settings = settings_for(folder, url, account, carrier_url)
        sample_message = await threads.run(create_store, settings, flows, clock, threads)
        app = build(settings, clock, flows, threads=threads, framed=True)
        app.router.routes.extend(routes)
        await stack.enter_async_context(app.router.lifespan_context(app))
        stack.push_async_callback(carrier_clock.stop)
        context = PhoneContext(partial(_dial, carrier), display_name, flows.book, sample_message)
        demo = app.state.demo = DemoApp(app, carrier, directory, context)
        await stack.enter_async_context(_narrating(demo))
        stack.callback(demo.story.close)
        stack.callback(directory.close)
        yield demo


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="callcrm-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create_store(settings: Settings, flows: Flows, clock: Clock, threads: Threads) -> bytes:
    """Create the store and fill it with sample data; the WAV file of a message that a caller may leave."""
    gc.disable()  # thousands of rows, none of them garbage: collecting would cost a fifth of the time
    random, folder = Random(SEED), settings.data_dir / "recordings"
    store = Store(settings.database, clock, threads)
    try:
        migrate.upgrade(settings.database, clock)
        clips = AudioClips(
            write_clips(folder, random, CALL_CLIP_SECONDS, 2),
            write_clips(folder, random, MESSAGE_CLIP_SECONDS, 1),
        )
        runtime, now = build_runtime(settings, flows), clock.now()
        store.write_now(partial(seed.fill_store, runtime=runtime, clips=clips, now=now, seed=SEED))
    finally:
        gc.enable()
        store.close()
    return (folder / clips.messages[0].path).read_bytes()


def _recording_audio(recording: Recording) -> bytes:
    return conversation_wav(recording.sid, recording.seconds, recording.channels)


def _leg_of(carrier: Carrier, audio_in: AudioIn) -> Leg | None:
    return next((leg for leg in reversed(carrier.state.legs.values()) if leg.audio_in is audio_in), None)


def _dial(carrier: Carrier, from_: str, phone: CallerPhone) -> Leg:
    return carrier.begin_call(from_, carrier.numbers[0], phone)


def display_name(address: str, locale: Locale) -> str:
    """Who is rung at an address: a colleague's name, else the number."""
    for member in STAFF:
        if address in (member.number, CLIENT_PREFIX + member.id):
            return member.name
    if address == OPERATOR_NUMBER:
        return locale._("the operator")
    return locale._("a colleague") if address.startswith(CLIENT_PREFIX) else locale.tel(address)


@asynccontextmanager
async def _narrating(demo: DemoApp) -> AsyncIterator[None]:
    """Add to the story while the block runs: each exchange with the carrier, and what the store shows."""
    legs, story = demo.carrier.state.legs, demo.story
    narrator = WireNarrator(legs.get, demo.phone_context.display_name)
    begun: set[str] = set()

    def narrate(exchange: Exchange) -> None:
        for entry in narrator.entries(exchange):
            if entry.call not in begun:
                begun.add(entry.call)
                story.add(_heading(entry, legs[entry.call]))
            story.add(entry)

    demo.carrier.wire_log.listeners.append(narrate)
    watcher = CallWatcher(demo.services.store, story, demo.services.clock, partial(_watched_calls, demo))
    watching = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        demo.carrier.wire_log.listeners.remove(narrate)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _heading(entry: Entry, leg: Leg) -> Entry:
    inbound = leg.direction == "inbound"

    def text(locale: Locale) -> str:
        if inbound:
            return locale._("A call comes in, %(date)s", date=locale.day(entry.at))
        return locale._("A call goes out, %(date)s", date=locale.day(entry.at))

    return Entry(entry.at, entry.call, text, leg.sid, begins=True)


def _watched_calls(demo: DemoApp) -> list[str]:
    """The SIDs of the calls that are live, or were until WATCHED_AFTER_END ago."""
    since = demo.services.clock.now() - WATCHED_AFTER_END
    calls = demo.carrier.ground_truth.calls.values()
    return [call.sid for call in calls if call.root.ended is None or call.root.ended > since]
