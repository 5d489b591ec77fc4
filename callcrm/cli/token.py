"""`callcrm token`: adds bearer tokens of the API."""

from functools import partial
from typing import Annotated

import typer

from callcrm import config
from callcrm.agents import tokens
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data
from callcrm.cli.prerequisites import open_store
from callcrm.models import Role

app = command_group()


@app.callback()
def token() -> None:
    """Add tokens of the API."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="In whose name it acts.")] = None,
) -> None:
    """Print a new bearer token, once: only its hash is kept."""
    with open_store(config.load_settings()) as store:
        secret = store.write_now(
            partial(tokens.add_token, name=name, role=role, user_email=user, now=clock.now())
        )
    print_data(secret)
