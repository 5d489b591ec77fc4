"""A scripted app and a simulated carrier that calls it, in virtual time."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcrm.simulator.account import IncomingNumber
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import VirtualClock
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callees import CalleeBehaviour, ScriptedDirectory, answers
from callcrm.simulator.parties.callers import Script, Step
from callcrm.simulator.settings import CarrierSettings
from callcrm.simulator.wire.chaos import Chaos

CALLER = "+12025550143"
OURS = "+12025550100"
AGENT = "+12025550171"
BASE = "https://desk.example"
ACCOUNT, TOKEN = "AC" + "0" * 32, "12345"

ScriptedAnswer = str | bytes | Response | Callable[[dict[str, str]], str | Response]


@dataclass
class ScriptedApp:
    """An app with an answer for each path: TwiML, a response, or a function of the form."""

    answers: dict[str, ScriptedAnswer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        path = request.url.path
        self.requests.append((path, {**dict(request.query_params), **form}))
        answer = self.answers.get(path, Response(status_code=404))
        answer = answer(form) if callable(answer) and not isinstance(answer, Response) else answer
        if isinstance(answer, str):
            return Response(f"<Response>{answer}</Response>", media_type="text/xml")
        return answer if isinstance(answer, Response) else Response(answer, media_type="text/xml")

    def requests_to(self, path: str) -> list[dict[str, str]]:
        """The parameters of each request to a path."""
        return [form for requested, form in self.requests if requested == path]


@dataclass
class Simulation:
    """A scripted app, the carrier, and the number that calls come in at."""

    app: ScriptedApp
    carrier: Carrier
    clock: VirtualClock
    number: IncomingNumber

    @property
    def requested_paths(self) -> list[str]:
        """The paths requested, in order."""
        return [path for path, _ in self.app.requests]

    def call(self, *steps: Step, caller: str = CALLER, patience: float = 300) -> CallTruth:
        """Somebody calls and does these steps; what really happened, once the last callback is sent."""
        return asyncio.run(self._call(caller, Script(steps, patience)))

    async def _call(self, caller: str, script: Script) -> CallTruth:
        truth = await self.carrier.call(caller, self.number, script)
        await self.carrier.settle()
        return truth


def simulate(
    answers_by_path: Mapping[str, ScriptedAnswer],
    *,
    callees: Mapping[str, Sequence[CalleeBehaviour]] | None = None,
    default: CalleeBehaviour | None = None,
    chaos: Chaos | None = None,
    settings: CarrierSettings | None = None,
    fallback: bool = True,
) -> Simulation:
    """A simulation of an app with these answers, of who is rung at which address, and of the carrier."""
    app = ScriptedApp({"/status": Response(status_code=204), **answers_by_path})
    starlette = Starlette(routes=[Route("/{path:path}", app.__call__, methods=["GET", "POST"])])
    clock = VirtualClock(datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=starlette))
    carrier = Carrier(
        ACCOUNT,
        TOKEN,
        http,
        clock,
        chaos=chaos or Chaos(),
        settings=settings or CarrierSettings(),
        directory=ScriptedDirectory(clock, callees or {}, default or answers()),
    )
    number = IncomingNumber(
        OURS,
        f"{BASE}/voice",
        f"{BASE}/fallback" if fallback else None,
        f"{BASE}/status",
        f"{BASE}/message",
    )
    return Simulation(app, carrier, clock, number)
