"""The list of commands. A command's file is imported when it is called, so that help comes at once."""

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from callcrm import __version__
from callcrm.cli.output import print_data

SUMMARIES: Mapping[str, str] = {
    "serve": "Run webhooks, desk and API in one process tree.",
    "demo": "Show a whole call on a screen, from nothing, without an account.",
    "migrate": "Bring the database to the newest schema.",
    "backup": "Save all the database holds in one file, while the server runs.",
    "restore": "Put a backup in the place of the database.",
    "user": "People who may sign in: add, list, link, role, disable, enable.",
    "token": "Tokens of the API: add, list, revoke.",
    "flows": "Check IVR flows and prove the operator rule.",
    "simulate": "Drive a running instance with signed carrier traffic.",
    "doctor": "Say what is wrong with this installation, and how to mend it.",
    "sample": "Fill an empty store with an invented past.",
    "import": "Bring customers or purchases in from a file.",
    "export": "Write purchases, promises and more as CSV.",
    "ledger": "Derive calls again from their stored events.",
    "dead-letters": "Show what could not be taken in, and try it again.",
    "reconcile": "Compare our calls and recordings with the carrier's, and repair gaps.",
}

# Those whose files are in the folder of this name.
DATABASE = frozenset({"migrate", "backup", "restore", "ledger", "sample", "dead-letters", "import", "export"})
# Where the command's name is a word of Python's.
FILES = {"import": "import_file"}


class Commands(TyperGroup):
    """The commands of SUMMARIES, each from the file of its name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(SUMMARIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in SUMMARIES:
            return None
        gc.disable()  # what is imported stays: collecting garbage meanwhile takes a fifth of the start
        try:
            folder = "database." if cmd_name in DATABASE else ""
            file = FILES.get(cmd_name, cmd_name.replace("-", "_"))
            module = import_module(f"callcrm.cli.{folder}{file}")
        finally:
            gc.enable()
        return get_command(module.app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


PLAIN_TEXT: Mapping[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "no_args_is_help": True,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def command_group() -> typer.Typer:
    """A Typer app that writes plain text: no colours, no frames, no tracebacks of its own."""
    return typer.Typer(**PLAIN_TEXT)


def _version(requested: bool) -> None:
    if requested:
        print_data(__version__)
        raise typer.Exit


app = typer.Typer(cls=Commands, **PLAIN_TEXT)


@app.callback()
def callcrm(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """The open call-centre CRM. Settings come from the environment, or a .env file; see README."""
