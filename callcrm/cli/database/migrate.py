"""`callcrm migrate`: brings the database to the newest schema."""

from callcrm import config
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_message
from callcrm.store.migrate import upgrade

app = command_group()


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to kill and to repeat."""
    settings = config.load_settings()
    upgrade(settings.database, clock)
    print_message("The database has the newest schema.")
