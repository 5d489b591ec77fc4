"""A small app to be called, and a carrier that calls it in virtual time."""

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

Answer = str | bytes | Response | Callable[[dict[str, str]], str | Response]


@dataclass
class App:
    """An app that answers each path as its table says: TwiML, a response, or a function of the form."""

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        path = request.url.path
        self.seen.append((path, {**dict(request.query_params), **form}))
        answer = self.answers.get(path, Response(status_code=404))
        answer = answer(form) if callable(answer) and not isinstance(answer, Response) else answer
        if isinstance(answer, str):
            return Response(f"<Response>{answer}</Response>", media_type="text/xml")
        return answer if isinstance(answer, Response) else Response(answer, media_type="text/xml")

    def asked(self, path: str) -> list[dict[str, str]]:
        """The parameters of each request to a path."""
        return [form for seen, form in self.seen if seen == path]


@dataclass
class World:
    """An app, its carrier, and the line between them."""

    app: App
    carrier: Carrier
    clock: VirtualClock
    line: IncomingNumber

    @property
    def order(self) -> list[str]:
        """The paths requested, in order."""
        return [path for path, _ in self.app.seen]

    def call(self, *steps: Step, caller: str = CALLER, patience: float = 300) -> CallTruth:
        """Somebody calls and lives through it, until the last callback is told."""
        return asyncio.run(self._call(caller, Script(steps, patience)))

    async def _call(self, caller: str, script: Script) -> CallTruth:
        truth = await self.carrier.call(caller, self.line, script)
        await self.carrier.settle()
        return truth


def build_world(
    table: Mapping[str, Answer],
    *,
    rings: Mapping[str, Sequence[CalleeBehaviour]] | None = None,
    default: CalleeBehaviour | None = None,
    chaos: Chaos | None = None,
    settings: CarrierSettings | None = None,
    fallback: bool = True,
) -> World:
    """A world from the app's answers, who answers where, and the carrier's switches."""
    app = App({"/status": Response(status_code=204), **table})
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
        directory=ScriptedDirectory(clock, rings or {}, default or answers()),
    )
    line = IncomingNumber(
        OURS,
        f"{BASE}/voice",
        f"{BASE}/fallback" if fallback else None,
        f"{BASE}/status",
        f"{BASE}/message",
    )
    return World(app, carrier, clock, line)
