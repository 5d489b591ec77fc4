"""Run a scenario against any running instance of the app, in real or in virtual time."""

import asyncio
import contextlib
from datetime import UTC, datetime

import httpx

from callcrm.simulator.account import IncomingNumber
from callcrm.simulator.carrier import Carrier
from callcrm.simulator.clock import Clock, VirtualClock
from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callees import ScriptedDirectory
from callcrm.simulator.rest.base import RestApi
from callcrm.simulator.rest.serving import serve_rest
from callcrm.simulator.scenarios.library import MenuKeys, Scenario, find_scenario
from callcrm.simulator.scenarios.report import CallResult, Report, call_outcome, failed_requests
from callcrm.simulator.wire.chaos import Chaos

WEBHOOKS = "/webhooks/twilio"
FETCH_TIMEOUT = 5.0  # seconds of real time
FETCH_POLL = 0.05


def incoming_number(phone_number: str, public_url: str) -> IncomingNumber:
    """A number configured as the app's README says, for an app with this public URL."""
    base = public_url.rstrip("/") + WEBHOOKS
    return IncomingNumber(
        phone_number, f"{base}/voice", f"{base}/voice/fallback", f"{base}/status", f"{base}/message"
    )


async def run_scenario(
    name: str,
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
    keys: MenuKeys = MenuKeys(),  # noqa: B008  (frozen)
    chaos: Chaos | None = None,
    rest: tuple[str, int] | None = None,
    http: httpx.AsyncClient | None = None,
    clock: Clock | None = None,
) -> Report:
    """Place `calls` calls of a scenario, `rate` of them a second, and report how each went.

    The app is reached at `base_url` and signed for `public_url` (by default the same). `virtual` lets
    the callers' time jump while the app answers in its own; an app in this process, reached through
    `http`, that is given the same virtual `clock` lives in the callers' time. The same seed gives the
    same SIDs, and so to an app that has kept them the same calls again. `rest` is a loopback host and
    port on which the carrier's REST API is served meanwhile, for `CALLCRM_TWILIO_API_URL`.

    An unknown scenario raises `NotFound`. `Report.exit_code` is 0 if every call went as the scenario
    expects and the app took every request, else 1.
    """
    scenario = find_scenario(name, keys)
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
            ScriptedDirectory(clock, default=scenario.other_callees, first=scenario.first_callees),
            public_url=public_url or base_url,
            base_url=base_url,
            seed=seed,
            numbers=[incoming_number(number, public_url or base_url)],
        )
        truths = await _run_calls(carrier, scenario, calls, rate, rest)
    return _report(scenario, carrier, truths)


async def _run_calls(
    carrier: Carrier, scenario: Scenario, calls: int, rate: float, rest: tuple[str, int] | None
) -> list[CallTruth]:
    if rest is None:
        return await _place_calls(carrier, scenario, calls, rate)
    api = RestApi(carrier)
    async with serve_rest(api, *rest):
        truths = await _place_calls(carrier, scenario, calls, rate)
        await _await_recording_fetches(api)
    return truths


async def _place_calls(carrier: Carrier, scenario: Scenario, calls: int, rate: float) -> list[CallTruth]:
    clock, number = carrier.clock, carrier.numbers[0]

    async def place(index: int) -> CallTruth:
        await clock.sleep(index / rate)
        caller = scenario.callers[index % len(scenario.callers)]
        return await carrier.call(caller, number, scenario.script)

    truths = await clock.join(*[clock.spawn(place(index)) for index in range(calls)])
    await carrier.settle()
    return truths


async def _await_recording_fetches(api: RestApi) -> None:
    """Wait until the app has fetched every finished recording, or for FETCH_TIMEOUT."""
    recordings = api.carrier.state.recordings.by_sid.values()
    sids = [recording.sid for recording in recordings if recording.status == "completed"]
    for _ in range(int(FETCH_TIMEOUT / FETCH_POLL)):
        paths = [request.path for request in api.log if not request.path.endswith(".json")]
        if all(any(sid in path for path in paths) for sid in sids):
            return
        await asyncio.sleep(FETCH_POLL)


def _report(scenario: Scenario, carrier: Carrier, truths: list[CallTruth]) -> Report:
    results = [
        CallResult(
            truth.sid,
            call_outcome(truth),
            truth.root.status,
            truth.root.seconds,
            scenario.complaints(truth),
        )
        for truth in truths
    ]
    log = carrier.wire_log
    return Report(scenario.name, tuple(results), len(log.exchanges), failed_requests(log))
