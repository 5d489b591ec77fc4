"""`callcrm export`: a noun's rows as a CSV file."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from callcrm import config
from callcrm.base.errors import Refused
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.cli.prerequisites import open_store
from callcrm.crm import export as exports
from callcrm.crm.seams import SEAMS

PROGRESS_EVERY = 100_000  # rows
DEADLINE = 3600.0  # seconds
app = command_group()


@app.command()
def export(
    kind: Annotated[str, typer.Argument(help="What: purchases, returns, promises, …")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to; else to stdout.")
    ] = None,
) -> None:
    """Write all rows of a kind as CSV (RFC 4180, UTF-8), safe to open in a spreadsheet."""
    kinds = SEAMS.exports
    wanted = kinds.get(kind) or kinds.get(kind.removesuffix("s"))
    if wanted is None:
        names = ", ".join(f"{name}s" for name in kinds)
        raise typer.BadParameter(f"there are {names}", param_hint="KIND")
    settings = config.load_settings()

    def write(session: Session) -> int:
        target = out.open("w", encoding="utf-8", newline="") if out else sys.stdout
        count = -1
        try:
            for line in exports.lines(session, wanted):
                target.write(line)
                count += 1
                if count and count % PROGRESS_EVERY == 0:
                    print_message(f"{count} rows")
        finally:
            if out:
                target.close()
        return count

    with open_store(settings) as store:
        try:
            count = store.read_now(write, deadline=DEADLINE)
        except OSError as fault:
            raise Refused(f"{out} can't be written ({fault.strerror})") from None
    print_message(f"{count} rows.")
