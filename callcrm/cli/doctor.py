"""`callcrm doctor`: what is wrong with this installation, and how to mend it."""

import asyncio
from typing import Annotated

import typer

from callcrm import config
from callcrm.carrier import twiml
from callcrm.cli.checks import local, remote
from callcrm.cli.checks.result import Finding, Verdict
from callcrm.cli.commands import group
from callcrm.cli.output import out
from callcrm.config import Settings, SettingsFault

app = group()


async def _outside(settings: Settings) -> list[Finding]:
    return [finding for check in remote.ALL async for finding in check(settings)]


def _examined() -> list[Finding]:
    try:
        settings = config.load_settings()
    except SettingsFault:
        return list(local.settings_needed())
    found = [finding for check in local.ALL for finding in check(settings)]
    return found + asyncio.run(_outside(settings))


def _fallback(settings: Settings) -> str:
    if not settings.operator_numbers:
        raise SettingsFault(["CALLCRM_OPERATOR_NUMBER: not set (whom the document shall ring)"])
    return twiml.static_fallback(settings.operator_numbers)


@app.command()
def doctor(
    print_fallback: Annotated[
        bool,
        typer.Option("--print-fallback", help="Print the document to host elsewhere for when we are down."),
    ] = False,
) -> None:
    """Check configuration, store, spool, clock, carrier account and the URLs of each number."""
    if print_fallback:
        out(_fallback(config.load_settings()))
        return
    found = _examined()
    for finding in found:
        out(f"{finding.verdict:<7} {finding.subject}: {finding.cause}".rstrip(": "))
        if finding.mend:
            out(f"        mend: {finding.mend}")
    if any(finding.verdict is Verdict.WRONG for finding in found):
        raise typer.Exit(1)
