"""`callcrm backup`: a copy of the store in one file, while it is used."""

from pathlib import Path
from typing import Annotated

import typer

from callcrm import config
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.config import Settings
from callcrm.ledger.spool import count_records
from callcrm.store.backup.copying import back_up

app = command_group()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; an earlier backup there is replaced.")],
) -> None:
    """Save all the database holds in one file, while the server runs, and read it back to check it.

    Not in it: recordings' audio, events still in the spool, settings (.env), flows and prompts of your own.
    The file holds personal data and is readable by its owner alone.
    """
    settings = config.load_settings()
    manifest = back_up(settings.database, file, clock)
    size = file.stat().st_size
    print_message(
        f"Saved and read back: {manifest.rows} rows of {len(manifest.tables)} tables, {size // 1000} kB,"
        f" schema {manifest.revision}."
    )
    for line in _left_out(settings):
        print_message(line)


def _left_out(settings: Settings) -> list[str]:
    lines = [f"Not in it, copy it next: the recordings' audio ({settings.recordings})."]
    if waiting := count_records(settings.spool):
        lines.append(f"Not in it: {waiting} events that wait in the spool ({settings.spool.absolute()}).")
    return lines
