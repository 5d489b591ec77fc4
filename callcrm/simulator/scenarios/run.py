"""Run a scenario against any running instance of the app, in real or in virtual time."""

import asyncio
import contextlib
from datetime import UTC, datetime

import httpx

from callcrm.simulator.account import Line
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import Clock, VirtualClock
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.targets import Targets
from callcrm.simulator.rest.base import Rest
from callcrm.simulator.rest.serving import serve_rest
from callcrm.simulator.scenarios.report import CallLine, Report, outcome, untaken
from callcrm.simulator.scenarios.scenarios import Keys, Scenario, find
from callcrm.simulator.wire.chaos import Chaos

WEBHOOKS = "/webhooks/twilio"
FETCH_PATIENCE = 5.0  # seconds of real time
FETCH_POLL = 0.05


def line_of(number: str, url: str) -> Line:
    """A number configured as the app's README says, at an app with this public URL."""
    base = url.rstrip("/") + WEBHOOKS
    return Line(number, f"{base}/voice", f"{base}/voice/fallback", f"{base}/status", f"{base}/message")


async def simulate(
    scenario: str,
    base_url: str,
    *,
    public_url: str | None = None,
    account_sid: str,
    auth_token: str,
    number: str,
    calls: int = 1,
    rate: float = 1.0,
    virtual: bool,
    seed: int,
    keys: Keys = Keys(),  # noqa: B008
    chaos: Chaos | None = None,
    rest: tuple[str, int] | None = None,
    http: httpx.AsyncClient | None = None,
    clock: Clock | None = None,
) -> Report:
    """Place `calls` calls of a scenario, `rate` of them a second, and report what came of them.

    The app is reached at `base_url` and signed for `public_url` (by default the same). `virtual` lets
    the callers' time jump while the app answers in its own; an app in this process, reached through
    `http`, that is given the same virtual `clock` lives in the callers' time. The same seed gives the
    same SIDs, and so to an app that has kept them the same calls again. `rest` is a loopback host and
    port on which the carrier's REST API is served meanwhile, for `CALLCRM_TWILIO_API_URL`.

    An unknown scenario raises `NotFound`. `Report.exit_code` is 0 if every call went as the scenario
    expects and the app took every request, else 1.
    """
    plan = find(scenario, keys)
    clock = clock or (VirtualClock(datetime.now(UTC).replace(microsecond=0)) if virtual else Clock())
    async with contextlib.AsyncExitStack() as stack:
        if http is None:
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        carrier = Carrier(
            account_sid,
            auth_token,
            http,
            clock,
            chaos or Chaos(seed),
            Targets(clock, default=plan.others, in_turn=plan.targets),
            public_url=public_url or base_url,
            base_url=base_url,
            seed=seed,
            lines=[line_of(number, public_url or base_url)],
        )
        lived = await _lived(carrier, plan, calls, rate, rest)
    return _report(plan, carrier, lived)


async def _lived(
    carrier: Carrier, plan: Scenario, calls: int, rate: float, rest: tuple[str, int] | None
) -> list[CallTruth]:
    if rest is None:
        return await _call_in(carrier, plan, calls, rate)
    api = Rest(carrier)
    async with serve_rest(api, *rest):
        lived = await _call_in(carrier, plan, calls, rate)
        await _let_fetch(api)
    return lived


async def _call_in(carrier: Carrier, plan: Scenario, calls: int, rate: float) -> list[CallTruth]:
    clock, line = carrier.clock, carrier.lines[0]

    async def one(turn: int) -> CallTruth:
        await clock.sleep(turn / rate)
        return await carrier.call(plan.callers[turn % len(plan.callers)], line, plan.script)

    lived = await clock.join(*[clock.spawn(one(turn)) for turn in range(calls)])
    await carrier.settle()
    return lived


async def _let_fetch(api: Rest) -> None:
    """Stay until the app has fetched the recordings it was told of, or seems not to want them."""
    ready = [one.sid for one in api.carrier.switch.recordings.by_sid.values() if one.status == "completed"]
    for _ in range(int(FETCH_PATIENCE / FETCH_POLL)):
        paths = [request.path for request in api.log if not request.path.endswith(".json")]
        if all(any(sid in path for path in paths) for sid in ready):
            return
        await asyncio.sleep(FETCH_POLL)


def _report(plan: Scenario, carrier: Carrier, lived: list[CallTruth]) -> Report:
    lines = [
        CallLine(call.sid, outcome(call), call.root.status, call.root.seconds, plan.complaints(call))
        for call in lived
    ]
    return Report(plan.name, tuple(lines), len(carrier.log.exchanges), untaken(carrier.log))
