"""`callcrm user`: adds users."""

import sys
from typing import Annotated

import typer
from sqlmodel import Session

from callcrm import config
from callcrm.agents import passwords, users
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message
from callcrm.cli.prerequisites import open_store
from callcrm.models import Role, User

DEFAULT_URL = "http://127.0.0.1:8000"

app = command_group()


@app.callback()
def user() -> None:
    """Add people who may sign in."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="What they sign in with.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
    name: Annotated[str, typer.Option(help="What they are called.")],
    number: Annotated[str | None, typer.Option(help="The phone an agent is rung on.")] = None,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="Read the password from stdin, instead of printing a link."),
    ] = False,
) -> None:
    """Add somebody, and print a one-time link where they set their password."""
    settings = config.load_settings()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    def verb(session: Session) -> tuple[User, str | None]:
        now, own = clock.now(), settings.numbers
        added = users.add_user(
            session, email, role, name, number, password, now, region=settings.default_region, own=own
        )
        return added, None if password_stdin else passwords.create_link(session, added.id, now)

    with open_store(settings) as store:
        added, secret = store.write_now(verb)
    print_message(f"Added {added.role} {added.email}.")
    if secret:
        print_data(f"{settings.public_url or DEFAULT_URL}/set-password/{secret}")
