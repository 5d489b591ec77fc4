"""`callcrm flows`: validates flow files and proves the operator rule."""

from pathlib import Path
from typing import Annotated

import typer

from callcrm import config
from callcrm.cli.checks.doubts import flow_doubts
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message
from callcrm.ivr.flows.configured import check_configured_file, prove_configured_flows
from callcrm.ivr.flows.model import FlowFault

app = command_group()


@app.callback()
def flows() -> None:
    """Check IVR flows and prove the operator rule."""


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE…]", help="Flow files; without any, all of CALLCRM_FLOWS_DIR."),
    ] = None,
) -> None:
    """Validate flows, and prove that every caller reaches a human whatever is pressed, or down."""
    settings = config.load_settings()
    if files:
        faults = [fault for file in files for fault in check_configured_file(file, settings)]
        checked = ", ".join(str(file) for file in files)
    else:
        faults, checked = _check_folder(settings), str(settings.flows)
    for fault in faults:
        print_data(fault)
    if faults:
        raise typer.Exit(1)
    print_message(f"{checked}: every caller reaches a human.")


def _check_folder(settings: config.Settings) -> list[str]:
    """The faults of all flows of the settings; notes about good ones are printed."""
    try:
        flows = prove_configured_flows(settings)
    except FlowFault as fault:
        return fault.lines
    for note in (*flows.notes, *(doubt.line for doubt in flow_doubts(settings, flows))):
        print_message(note)
    return []
