"""A call centre in virtual time: the real app, a simulated carrier, its callers and those who are rung."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from callcrm.agents import sessions, states
from callcrm.app import build
from callcrm.jobs.handlers import handlers
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.jobs.runner import Runner
from callcrm.models import User
from callcrm.services import Services
from callcrm.simulator.account import IncomingNumber
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import VirtualClock
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callees import CalleeBehaviour, ScriptedDirectory, answers
from callcrm.simulator.parties.callers import Script
from callcrm.simulator.rest.base import RestApi
from callcrm.simulator.rest.serving import serve_rest
from callcrm.simulator.scenarios.library import Scenario
from callcrm.simulator.scenarios.run import incoming_number
from callcrm.simulator.settings import CarrierSettings
from callcrm.simulator.wire.chaos import Chaos
from callcrm.web.security import cookie_name
from tests.clocks import SteadyClock
from tests.running import ACCOUNT, LINE, OPERATOR, TOKEN
from tests.running_app import PUBLIC, hire, issue_token, proven_flows, settings_for

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
STAFF = {"Ana": "+12025550171", "Omar": "+12025550172"}
MAX_SECONDS_TO_ANSWER = 60
TIDY_INTERVAL = 10.0  # seconds between two looks for wrap-ups that are over


@dataclass
class DeferredApp:
    """An ASGI app that is set later: the carrier needs one before the settings with its URL are known."""

    app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the app."""
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class CallCentre:
    """The running app, its carrier, and the clock they share. `agents`: user ids by name."""

    carrier: Carrier
    rest: RestApi
    clock: VirtualClock
    directory: ScriptedDirectory
    http: httpx.AsyncClient
    services: Services
    bearer: str = ""
    agents: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> IncomingNumber:
        """The business's number."""
        return self.carrier.numbers[0]

    async def call(self, caller: str, script: Script) -> CallTruth:
        """Somebody calls; what really happened, once every callback is sent."""
        truth = await self.carrier.call(caller, self.number, script)
        await self.carrier.settle()
        return truth

    def start_call(self, caller: str, script: Script, after: float = 0.0) -> asyncio.Task[CallTruth]:
        """Somebody calls after so many seconds; `clock.join` waits for the end of it."""
        return self.clock.spawn(self._call_after(caller, script, after))

    async def _call_after(self, caller: str, script: Script, after: float) -> CallTruth:
        await self.clock.sleep(after)
        return await self.carrier.call(caller, self.number, script)

    async def run_scenario(self, scenario: Scenario, caller: int = 0) -> CallTruth:
        """One call of a scenario, with the callees it needs, by one of those who call in it."""
        self.directory.first, self.directory.default = scenario.first_callees, scenario.other_callees
        self.directory.ring_counts.clear()
        return await self.call(scenario.callers[caller % len(scenario.callers)], scenario.script)

    async def sign_on(self, *names: str) -> None:
        """Make these agents available, and all others offline."""
        for name, agent in self.agents.items():
            state = "available" if name in names else "offline"
            verb = partial(states.set_state, agent_id=agent, state=state, now=self.clock.now())
            await self.services.store.write(verb)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and end the wrap-ups that are over then."""
        await self.clock.join(self.clock.spawn(self.clock.sleep(seconds)))
        await self.tidy()

    async def get(self, path: str, **query: str) -> Any:
        """The API's JSON at this path, with a supervisor's token."""
        headers = {"Authorization": f"Bearer {self.bearer}"}
        response = await self.http.get(f"/api/v1{path}", params=query, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    async def read(self, name: str, path: str, language: str = "en") -> str:
        """The page at this path, or the part of one, as an agent sees it who reads this language."""

        def sign_in(session: Session) -> str:
            session.get_one(User, self.agents[name]).language = language
            return sessions.create_session(session, self.agents[name], "tests", self.clock.now())

        secret = await self.services.store.write(sign_in)
        headers = {"Cookie": f"{cookie_name(self.services.settings)}={secret}", "HX-Request": "true"}
        response = await self.http.get(path, headers=headers)
        assert response.status_code == 200, response.text
        return response.text

    async def answered_call(self) -> str:
        """The id of the newest call, as soon as somebody speaks with the caller."""
        for _ in range(MAX_SECONDS_TO_ANSWER):
            await self.clock.sleep(1)
            newest = (await self.get("/calls", limit="1"))["items"]
            if newest and newest[0]["state"] == "in_progress":
                return str(newest[0]["id"])
        raise AssertionError(newest)

    async def run_jobs(self) -> int:
        """Run the jobs that are due, such as fetching recordings; how many."""
        return await Runner(self.services.store, handlers(self.services), self.services.clock).run_due()

    async def reconcile(self) -> Report:
        """Compare the history with the carrier's lists; what was mended."""
        services = self.services
        reconciler = Reconciler(services.store, services.rest_client, services.runtime, services.clock)
        return await reconciler.run(self.clock.now() - timedelta(hours=24))

    async def tidy(self) -> None:
        """Release agents of calls that have ended, and end wrap-ups that are over."""
        await self.services.store.write(partial(_tidy, now=self.clock.now()))

    def keep_tidy(self, seconds: float) -> None:
        """Tidy every TIDY_INTERVAL for so many seconds, as the app's background work does in real time."""
        self.clock.spawn(self._tidying(seconds))

    async def _tidying(self, seconds: float) -> None:
        for _ in range(int(seconds / TIDY_INTERVAL)):
            await self.clock.sleep(TIDY_INTERVAL)
            await self.tidy()


Story = Callable[[CallCentre], Awaitable[None]]
RunStory = Callable[..., None]


@asynccontextmanager
async def open_call_centre(
    database_url: str,
    folder: Path,
    *,
    chaos: Chaos | None = None,
    callees: Mapping[str, Sequence[CalleeBehaviour]] | None = None,
    staff: Mapping[str, str] = STAFF,
    background: bool = False,
    carrier_settings: CarrierSettings | None = None,
) -> AsyncIterator[CallCentre]:
    """A call centre that runs while the block does.

    The app's background work goes by real time, which hardly passes here: without `background` the tests do
    what it would, by run_jobs and tidy.
    """
    clock, app = VirtualClock(MONDAY), DeferredApp()
    directory = ScriptedDirectory(clock, callees or {}, answers())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as http:
        numbers = [incoming_number(LINE, PUBLIC)]
        carrier = Carrier(
            ACCOUNT,
            TOKEN,
            http,
            clock,
            chaos or Chaos(),
            directory,
            carrier_settings or CarrierSettings(),
            numbers=numbers,
        )
        rest = RestApi(carrier)
        async with serve_rest(rest) as url:
            settings = settings_for(database_url, folder, CALLCRM_TWILIO_API_URL=url)
            app.app = build(
                settings,
                clock=SteadyClock(clock.now),
                flows=proven_flows(settings.flows),
                background=background,
            )
            async with app.app.router.lifespan_context(app.app):
                services: Services = app.app.state.services
                centre = CallCentre(carrier, rest, clock, directory, http, services, issue_token(services))
                for name, number in staff.items():
                    centre.agents[name] = hire(services, name, number)
                    await centre.pass_time(
                        1
                    )  # so that the first has been idle the longest, and is rung first
                yield centre


def _tidy(session: Session, now: datetime) -> None:
    states.release_stale(session, now)
    states.end_wrap_ups(session, now)


def at_operator(*targets: CalleeBehaviour) -> dict[str, Sequence[CalleeBehaviour]]:
    """These behaviours take turns where the operator is rung."""
    return {OPERATOR: targets}


def story_runner(database_url: str, folder: Path) -> RunStory:
    """Runs a story in a call centre of its own; keyword arguments are those of open_call_centre."""

    def run_story(story: Story, **options: Any) -> None:
        async def run() -> None:
            async with open_call_centre(database_url, folder, **options) as centre:
                await story(centre)

        asyncio.run(run())

    return run_story
