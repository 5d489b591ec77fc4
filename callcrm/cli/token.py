"""`callcrm token`: bearer tokens of the API, made, listed and revoked."""

from datetime import datetime
from functools import partial
from typing import Annotated

import typer

from callcrm import config
from callcrm.agents import tokens
from callcrm.agents.access.token_end import parse_end
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message, print_table
from callcrm.cli.prerequisites import open_store
from callcrm.models import Role

HEADINGS = ("ID", "STATE", "ROLE", "USER", "CREATED", "LAST USED", "ENDS", "NAME")

app = command_group()


@app.callback()
def token() -> None:
    """Tokens of the API: add, list, revoke."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")],
    user: Annotated[str | None, typer.Option(metavar="EMAIL", help="In whose name it acts.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Its last day, as 2027-01-31 or 90d; without, it has no end."),
    ] = None,
) -> None:
    """Print a new bearer token, once: only its hash is kept."""
    settings, now = config.load_settings(), clock.now()
    end = parse_end(expires, now, settings.zone) if expires else None
    with open_store(settings) as store:
        secret = store.write_now(
            partial(tokens.add_token, name=name, role=role, user_email=user, now=now, expires_at=end)
        )
    print_data(secret)


@app.command("list")
def list_tokens() -> None:
    """Print all tokens, newest first, those that are good no more included."""
    with open_store(config.load_settings()) as store:
        rows = store.read_now(partial(tokens.list_tokens, limit=100_000))
    now = clock.now()
    print_table(
        HEADINGS,
        [
            (
                row.token.id,
                row.state(now),
                row.token.role,
                row.user.email if row.user else "-",
                _time(row.token.created_at),
                _time(row.token.last_used_at),
                _time(row.token.expires_at),
                row.token.name,
            )
            for row in rows
        ],
    )


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%dT%H:%MZ")


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `callcrm token list` shows it.")],
) -> None:
    """Refuse a token from now on, and end its streams within seconds."""
    with open_store(config.load_settings()) as store:
        store.write_now(partial(tokens.revoke, token_id=token_id, now=clock.now()))
    print_message(f"Revoked {token_id}.")
