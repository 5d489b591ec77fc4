"""A small town in virtual time: the real app, the carrier that calls it, and the people who are rung."""

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

from callcrm.agents import states
from callcrm.app import build
from callcrm.jobs.handlers import handlers
from callcrm.jobs.reconcile import Reconciler
from callcrm.jobs.reconcile import Report as Mended
from callcrm.jobs.runner import Runner
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
from callcrm.simulator.settings import CarrierSettings as Habits
from callcrm.simulator.wire.chaos import Chaos
from tests.clocks import SteadyClock
from tests.running import ACCOUNT, LINE, OPERATOR, TOKEN
from tests.running_app import PUBLIC, hire, issue_token, proved, settings_for

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
STAFF = {"Ana": "+12025550171", "Omar": "+12025550172"}
LOOK = 10.0  # seconds between two looks at who has finished their wrap-up


@dataclass
class Door:
    """The way in to an app that is built only later: its settings name the carrier it will talk to."""

    app: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class Town:
    """The running app, its carrier and the time they share."""

    carrier: Carrier
    rest: RestApi
    clock: VirtualClock
    people: ScriptedDirectory
    http: httpx.AsyncClient
    services: Services
    bearer: str = ""
    agents: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> IncomingNumber:
        """The business's number."""
        return self.carrier.numbers[0]

    async def call(self, caller: str, script: Script) -> CallTruth:
        """Somebody calls, and every callback of it is told."""
        truth = await self.carrier.call(caller, self.line, script)
        await self.carrier.settle()
        return truth

    def calling(self, caller: str, script: Script, after: float = 0.0) -> asyncio.Task[CallTruth]:
        """Somebody calls in a while; `clock.join` waits for the end of it."""
        return self.clock.spawn(self._calling(caller, script, after))

    async def _calling(self, caller: str, script: Script, after: float) -> CallTruth:
        await self.clock.sleep(after)
        return await self.carrier.call(caller, self.line, script)

    async def live(self, scenario: Scenario) -> CallTruth:
        """One call of a scenario, with the people it needs."""
        self.people.first, self.people.default = scenario.first_callees, scenario.other_callees
        self.people.ring_counts.clear()
        return await self.call(scenario.callers[0], scenario.script)

    async def sign_on(self, *names: str) -> None:
        """These agents are available from now on, and nobody else."""
        for name, agent in self.agents.items():
            state = "available" if name in names else "offline"
            verb = partial(states.set_state, agent_id=agent, state=state, now=self.clock.now())
            await self.services.store.write(verb)

    async def later(self, seconds: float) -> None:
        """Let time pass; whoever was in wrap-up is out of it."""
        await self.clock.join(self.clock.spawn(self.clock.sleep(seconds)))
        await self.tidy()

    async def get(self, path: str, **query: str) -> Any:
        """JSON of the API, as a supervisor's program gets it."""
        headers = {"Authorization": f"Bearer {self.bearer}"}
        answer = await self.http.get(f"/api/v1{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def work(self) -> int:
        """Do the later work that is due: recordings are fetched."""
        return await Runner(self.services.store, handlers(self.services), self.services.clock).run_due()

    async def reconcile(self) -> Mended:
        """Lay what we know beside the carrier's lists."""
        app = self.services
        reconciler = Reconciler(app.store, app.rest_client, app.runtime, app.clock)
        return await reconciler.run(self.clock.now() - timedelta(hours=24))

    async def tidy(self) -> None:
        """Free whoever an ended call still holds, and whose wrap-up is over."""
        await self.services.store.write(partial(_tidy, now=self.clock.now()))

    def keep_tidy(self, seconds: float) -> None:
        """Have that done every few seconds for so long, as the app's duties would in real time."""
        self.clock.spawn(self._tidying(seconds))

    async def _tidying(self, seconds: float) -> None:
        for _ in range(int(seconds / LOOK)):
            await self.clock.sleep(LOOK)
            await self.tidy()


Story = Callable[[Town], Awaitable[None]]
Tell = Callable[..., None]


@asynccontextmanager
async def open_town(
    database_url: str,
    folder: Path,
    *,
    chaos: Chaos | None = None,
    people: Mapping[str, Sequence[CalleeBehaviour]] | None = None,
    staff: Mapping[str, str] = STAFF,
    duties: bool = False,
    habits: Habits | None = None,
) -> AsyncIterator[Town]:
    """The town, alive for as long as the block.

    The app's duties look at real time, which hardly passes here: without `duties` the tests do them.
    """
    clock, door = VirtualClock(MONDAY), Door()
    everybody = ScriptedDirectory(clock, people or {}, answers())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=door), base_url=PUBLIC) as http:
        lines = [incoming_number(LINE, PUBLIC)]
        carrier = Carrier(
            ACCOUNT, TOKEN, http, clock, chaos or Chaos(), everybody, habits or Habits(), numbers=lines
        )
        rest = RestApi(carrier)
        async with serve_rest(rest) as url:
            settings = settings_for(database_url, folder, CALLCRM_TWILIO_API_URL=url)
            door.app = build(
                settings, clock=SteadyClock(clock.now), flows=proved(settings.flows), background=duties
            )
            async with door.app.router.lifespan_context(door.app):
                services: Services = door.app.state.services
                town = Town(carrier, rest, clock, everybody, http, services, issue_token(services))
                town.agents = {name: hire(services, name, number) for name, number in staff.items()}
                yield town


def _tidy(session: Session, now: datetime) -> None:
    states.release_stale(session, now)
    states.end_wrap_ups(session, now)


def by_operator(*targets: CalleeBehaviour) -> dict[str, Sequence[CalleeBehaviour]]:
    """These answer in turn where the operator is rung."""
    return {OPERATOR: targets}


def telling(database_url: str, folder: Path) -> Tell:
    """Lets a story happen in a town; what it is told besides is how to open that."""

    def tell(story: Story, **how: Any) -> None:
        async def happen() -> None:
            async with open_town(database_url, folder, **how) as town:
                await story(town)

        asyncio.run(happen())

    return tell
