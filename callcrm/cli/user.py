"""`callcrm user`: users added, listed, given links and roles, disabled and enabled."""

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar

import typer
from sqlmodel import Session

from callcrm import config
from callcrm.agents import passwords, users
from callcrm.calls.outgoing.allowed_numbers import check_phone_of_user
from callcrm.cli.clock_and_threads import clock
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data, print_message, print_table
from callcrm.cli.prerequisites import open_store
from callcrm.config import Settings
from callcrm.models import Role, User

T = TypeVar("T")
HEADINGS = ("EMAIL", "ROLE", "STATE", "NAME")

app = command_group()


@app.callback()
def user() -> None:
    """People who may sign in: add, list, link, role, disable, enable."""


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
    check_phone_of_user(settings, number)
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
        _print_link(settings, secret)


def _print_link(settings: Settings, secret: str) -> None:
    print_data(passwords.link_url(settings.public_url, secret))


@app.command("list")
def list_users() -> None:
    """Print all users by name, the disabled ones last."""
    with open_store(config.load_settings()) as store:
        rows = store.read_now(partial(users.list_users, now=clock.now(), limit=100_000))
    print_table(HEADINGS, [(row.user.email, row.user.role, _state(row.user), row.user.name) for row in rows])


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "active" if user.password_hash else "no password"


def _change(email: str, verb: Callable[[Session, User, datetime], T]) -> T:
    """What the verb returns about the user of this address, once it is done."""
    now = clock.now()
    with open_store(config.load_settings()) as store:
        return store.write_now(lambda session: verb(session, users.user_by_email(session, email), now))


Email = Annotated[str, typer.Argument(help="What they sign in with.")]


@app.command()
def link(email: Email) -> None:
    """Print a new one-time link to set a password; earlier links are closed. Also for a forgotten one."""

    def verb(session: Session, user: User, now: datetime) -> str:
        return passwords.create_link(session, passwords.require_enabled(user).id, now)

    _print_link(config.load_settings(), _change(email, verb))


@app.command()
def role(email: Email, role: Annotated[Role, typer.Argument(help="What they may do from now on.")]) -> None:
    """Change what somebody may do, and sign them out. The last administrator stays one."""
    _change(email, lambda session, user, now: users.set_role(session, user.id, role, now))
    print_message(f"{email} is {role} now.")


@app.command()
def disable(email: Email) -> None:
    """End an account: no sign-in, no calls, their tokens are refused. Not of the last administrator."""
    _change(email, lambda session, user, now: users.disable(session, user.id, now))
    print_message(f"Disabled {email}.")


@app.command()
def enable(email: Email) -> None:
    """Let somebody sign in again with the password they had."""
    _change(email, lambda session, user, now: users.enable(session, user.id))
    print_message(f"Enabled {email}.")
