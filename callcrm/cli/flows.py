"""`callcrm flows`: what callers hear, proved before they hear it."""

from pathlib import Path
from typing import Annotated

import typer

from callcrm import config
from callcrm.cli.commands import group
from callcrm.cli.output import out, tell
from callcrm.ivr.flows.loader import FlowFault, check_file, load_flows

app = group()


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
        faults = [fault for file in files for fault in check_file(file, settings.zone)]
        named = ", ".join(str(file) for file in files)
    else:
        faults, named = _faults_of_all(settings.flows, settings), str(settings.flows)
    for fault in faults:
        out(fault)
    if faults:
        raise typer.Exit(1)
    tell(f"{named}: every caller reaches a human.")


def _faults_of_all(folder: Path, settings: config.Settings) -> list[str]:
    try:
        notes = load_flows(folder, settings.zone).notes
    except FlowFault as fault:
        return fault.lines
    for note in notes:
        tell(note)
    return []
