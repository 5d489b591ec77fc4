"""`callcrm simulate`: runs a scenario of the simulated carrier against a running instance."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import typer

from callcrm import config
from callcrm.base.errors import Refused
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message
from callcrm.cli.prerequisites import require_carrier_account
from callcrm.config import Settings
from callcrm.edge.hosts import is_loopback
from callcrm.simulator.scenarios.library import library
from callcrm.simulator.scenarios.report import Report
from callcrm.simulator.scenarios.run import run_scenario
from callcrm.simulator.wire.chaos import Chaos

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_NUMBER = "+12025550100"

app = command_group()


@dataclass(frozen=True)
class SimulationOptions:
    """The options of the command line."""

    scenario: str
    base_url: str | None
    calls: int
    rate: float
    fast: bool
    seed: int
    chaos: Chaos


def _rest_address(settings: Settings) -> tuple[str, int] | None:
    """Host and port where the instance expects the carrier's REST API, if that is on this machine."""
    parts = urlsplit(settings.carrier_api_url)
    local = parts.scheme == "http" and is_loopback(settings.carrier_api_url)
    return (parts.hostname or "", parts.port or 80) if local else None


async def _run(settings: Settings, options: SimulationOptions) -> Report:
    base_url = options.base_url or settings.public_url or DEFAULT_URL
    return await run_scenario(
        options.scenario,
        base_url.rstrip("/"),
        public_url=settings.public_url or None,
        account_sid=settings.account_sid,
        auth_token=settings.auth_token,
        number=settings.numbers[0] if settings.numbers else DEFAULT_NUMBER,
        calls=options.calls,
        rate=options.rate,
        virtual=options.fast,
        seed=options.seed,
        chaos=options.chaos,
        rest=_rest_address(settings),
    )


def _list_scenarios(requested: bool) -> None:
    if requested:
        for scenario in library().values():
            print_data(f"{scenario.name:<20} {scenario.description}")
        raise typer.Exit


ProbabilityOption = typer.Option(min=0, max=1, help="The chance that it happens to a callback.")
SecondsOption = typer.Option(min=0, max=3600, help="Seconds.")


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="One of those that --list names.")],
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The instance; CALLCRM_PUBLIC_URL if not said.")
    ] = None,
    calls: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many calls.")] = 1,
    rate: Annotated[
        float, typer.Option(min=0.001, max=1000, help="How many of them begin in a second.")
    ] = 1.0,
    fast: Annotated[bool, typer.Option("--fast", help="Let time jump wherever people only wait.")] = False,
    seed: Annotated[int | None, typer.Option(help="Repeat a simulation, SIDs and all.")] = None,
    duplicate: Annotated[float, ProbabilityOption] = 0.0,
    drop: Annotated[float, ProbabilityOption] = 0.0,
    delay: Annotated[float, SecondsOption] = 0.0,
    shuffle: Annotated[float, SecondsOption] = 0.0,
    _listed: Annotated[
        bool, typer.Option("--list", callback=_list_scenarios, is_eager=True, help="Name the scenarios.")
    ] = False,
) -> None:
    """Drive a running instance with signed carrier traffic, and say whether every call went as it should.

    The account, token and number are those of the settings. If CALLCRM_TWILIO_API_URL is a port of this
    machine, the carrier's REST API is played there meanwhile.
    """
    settings = config.load_settings()
    require_carrier_account(settings)
    seed = secrets.randbits(31) if seed is None else seed  # the same SIDs again would be the same calls again
    chaos = Chaos(seed, duplicate, drop, delay, shuffle)
    options = SimulationOptions(scenario, base_url, calls, rate, fast, seed, chaos)
    try:
        report = asyncio.run(_run(settings, options))
    except OSError as error:
        raise Refused(f"{settings.carrier_api_url} can't be played here: {error.strerror}") from None
    for line in report.lines():
        print_data(line)
    if not report.ok:
        print_message(f"to see it again: --seed {seed}")
        raise typer.Exit(report.exit_code)
