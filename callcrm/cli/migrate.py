"""`callcrm migrate`: the newest schema, safe to kill and to repeat."""

from callcrm import config
from callcrm.cli.commands import group
from callcrm.cli.machine import clock
from callcrm.cli.output import tell
from callcrm.store.migrate import upgrade

app = group()


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to kill and to repeat."""
    settings = config.load_settings()
    upgrade(settings.database, clock)
    tell("The database has the newest schema.")
