"""`callcrm reconcile`: our history made equal to the carrier's."""

import asyncio
import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from callcrm import config
from callcrm.calls.runtime import build_runtime
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.cli import required_settings
from callcrm.cli.commands import group
from callcrm.cli.database import opened
from callcrm.cli.machine import clock
from callcrm.cli.output import out
from callcrm.config import Settings
from callcrm.ivr.flows.loader import load_flows
from callcrm.jobs.reconcile import Reconciler, Report
from callcrm.store.store import Store

SPAN = re.compile(r"([1-9][0-9]{0,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

app = group()


def span(text: str) -> timedelta:
    """A time such as 90s, 30m, 24h or 7d."""
    found = SPAN.fullmatch(text)
    if found is None:
        raise typer.BadParameter("it is no time such as 30m, 24h or 7d", param_hint="--since")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


async def _compared(settings: Settings, store: Store, since: timedelta) -> Report:
    runtime = build_runtime(settings, load_flows(settings.flows, settings.zone))
    async with open_http() as http:
        reconciler = Reconciler(store, open_rest_client(settings, clock, http), runtime, clock)
        return await reconciler.run(clock.now() - since)


@app.command()
def reconcile(
    since: Annotated[str, typer.Option(metavar="TIME", help="How far back to look: 30m, 24h, 7d.")] = "24h",
) -> None:
    """Compare our calls and recordings with the carrier's, and repair gaps. Safe to stop and repeat."""
    back = span(since)
    settings = config.load_settings()
    required_settings.carrier_account(settings)
    with opened(settings) as store:
        report = asyncio.run(_compared(settings, store, back))
    for name, count in asdict(report).items():
        out(f"{name.replace('_', ' ')}: {count}")
