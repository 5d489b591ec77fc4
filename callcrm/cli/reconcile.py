"""`callcrm reconcile`: compares our history with the carrier's lists, and adds what is missing."""

import asyncio
import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from callcrm import config
from callcrm.base.typed_text import normalized
from callcrm.calls.runtime import build_runtime
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data
from callcrm.cli.prerequisites import open_store, require_carrier_account
from callcrm.config import Settings
from callcrm.ivr.flows.configured import load_configured_flows
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.store.store import Store

SPAN_PATTERN = re.compile(r"([1-9][0-9]{0,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

app = command_group()


def parse_span(text: str) -> timedelta:
    """The span of time that 90s, 30m, 24h or 7d means; BadParameter for anything else."""
    match = SPAN_PATTERN.fullmatch(normalized(text))
    if match is None:
        raise typer.BadParameter("it is no time such as 30m, 24h or 7d", param_hint="--since")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


async def _reconcile(settings: Settings, store: Store, span: timedelta) -> Report:
    runtime = build_runtime(settings, load_configured_flows(settings))
    async with open_http() as http:
        reconciler = Reconciler(store, open_rest_client(settings, clock, http), runtime, clock)
        return await reconciler.run(clock.now() - span)


@app.command()
def reconcile(
    since: Annotated[str, typer.Option(metavar="TIME", help="How far back to look: 30m, 24h, 7d.")] = "24h",
) -> None:
    """Compare our calls and recordings with the carrier's, and repair gaps. Safe to stop and repeat."""
    span = parse_span(since)
    settings = config.load_settings()
    require_carrier_account(settings)
    with open_store(settings) as store:
        report = asyncio.run(_reconcile(settings, store, span))
    for name, count in asdict(report).items():
        print_data(f"{name.replace('_', ' ')}: {count}")
