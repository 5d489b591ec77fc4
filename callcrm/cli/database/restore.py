"""`callcrm restore`: a backup in the place of the store."""

from pathlib import Path
from typing import Annotated

import typer

from callcrm import config
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.store.backup.restoring import restore as restore_backup

app = command_group()


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `callcrm backup` wrote, on either engine.")],
) -> None:
    """Put a backup in the place of the database, at the newest schema; the database of before is kept aside.

    Refused while a server runs on it. Nothing changes unless all of the backup is sound and in. Everybody
    signs in again; users and tokens are as they were when it was made.
    """
    restored = restore_backup(config.load_settings().database, file, clock)
    manifest = restored.manifest
    print_message(f"Restored: {restored.rows} rows, as they were at {manifest.made_at}.")
    if restored.kept:
        print_message(f"The database of before is kept: {restored.kept}.")
    print_message(
        "Passwords and tokens are as they were then: those changed or revoked since are good again"
        " (`callcrm token list`, `callcrm token revoke`)."
    )
    print_message(
        "Next: start the server, then `callcrm reconcile` asks the carrier what has happened since."
    )
