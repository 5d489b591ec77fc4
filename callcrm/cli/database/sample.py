"""`callcrm sample`: fills an empty store with an invented past."""

from typing import Annotated

import typer

from callcrm import config
from callcrm.calls.runtime import build_runtime
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.cli.prerequisites import prepare_store
from callcrm.ivr.flows.loader import load_flows
from callcrm.sample.fill import fill_store
from callcrm.sample.people import MOST_CUSTOMERS

MOST_CALLS = 10_000_000
CALLS_A_CUSTOMER = 20
app = command_group()


@app.command()
def sample(
    calls: Annotated[int, typer.Option(min=1, max=MOST_CALLS, help="How many calls.")] = 10_000,
    customers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_CUSTOMERS, help="How many customers; one for twenty calls by default."),
    ] = None,
    purchases: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_CALLS, help="How many purchases; one for four calls by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same store.")] = 1,
) -> None:
    """Fill an empty store with an invented past, to try things and to measure on. All names and numbers are
    made up.
    """
    settings = config.load_settings()
    prepare_store(settings)
    count = customers or max(1, min(MOST_CUSTOMERS, calls // CALLS_A_CUSTOMER))
    fill_store(
        clock,
        build_runtime(settings, load_flows(settings.flows, settings.zone)),
        calls=calls,
        customers=count,
        seed=seed,
        purchases=purchases,
        progress=lambda done: print_message(f"{done} calls"),
    )
    print_message(f"The store has {calls} calls of {count} customers, all invented.")
