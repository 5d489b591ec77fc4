"""`callcrm ledger`: derives calls again from the events in the ledger."""

from functools import partial
from typing import Annotated

import typer

from callcrm import config
from callcrm.base.errors import NotFound
from callcrm.calls.rebuild import rebuild as derive
from callcrm.calls.rebuild import roots
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.cli.prerequisites import open_store
from callcrm.config import Settings
from callcrm.ivr.flows.configured import load_configured_flows

app = command_group()


@app.callback()
def ledger() -> None:
    """Derive calls again from their stored events."""


def _build_runtime(settings: Settings) -> CallRuntime:
    return build_runtime(settings, load_configured_flows(settings))


@app.command()
def rebuild(
    call: Annotated[
        str | None, typer.Option(metavar="SID", help="This call alone, by the carrier's SID.")
    ] = None,
) -> None:
    """Derive every call again. What people added (customer, disposition, notes) stays."""
    settings = config.load_settings()
    runtime = _build_runtime(settings)
    with open_store(settings) as store:
        sids = [call] if call else store.read_now(roots)
        for sid in sids:
            rebuilt = store.write_now(partial(derive, runtime=runtime, root_sid=sid, now=clock.now()))
            if not rebuilt:
                raise NotFound(f"the ledger has no event of {sid}")
    print_message(f"{len(sids)} calls derived again." if call is None else "The call is derived again.")
