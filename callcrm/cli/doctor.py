"""`callcrm doctor`: what is wrong with this installation, and how to mend it."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer

from callcrm import config
from callcrm.base.errors import fault_fields
from callcrm.carrier.twiml import fallback
from callcrm.cli.checks import local, remote
from callcrm.cli.checks.result import CheckResult, CheckStatus, wrong
from callcrm.cli.commands import command_group
from callcrm.cli.output import print_data
from callcrm.config import Settings, SettingsFault

app = command_group()


async def _run_remote_checks(settings: Settings) -> list[CheckResult]:
    results: list[CheckResult] = []
    for check in remote.CHECKS:
        try:
            results += [result async for result in check(settings)]
        except Exception as error:
            results.append(_failed(check, error))
    return results


def _run_local_checks(settings: Settings) -> list[CheckResult]:
    results: list[CheckResult] = []
    for check in local.CHECKS:
        try:
            results += check(settings)
        except Exception as error:
            results.append(_failed(check, error))
    return results


def _failed(check: Callable[..., object], error: Exception) -> CheckResult:
    """A check that fails hides none of the others."""
    subject = check.__name__.removeprefix("check_").replace("_", " ")
    cause = f"the check itself failed ({', '.join(fault_fields(error).values())})"
    return wrong(subject, cause, "mend what it names, or report it with this line")


def _run_checks() -> list[CheckResult]:
    """The results of all checks; of the settings alone if these can't be read."""
    try:
        settings = config.load_settings()
    except SettingsFault:
        return list(local.check_settings())
    return _run_local_checks(settings) + asyncio.run(_run_remote_checks(settings))


def _fallback_document(settings: Settings) -> str:
    """TwiML that rings the operators without us; SettingsFault if there is none."""
    if not settings.operator_numbers:
        raise SettingsFault(["CALLCRM_OPERATOR_NUMBER: not set (whom the document shall ring)"])
    return fallback.static_fallback(settings.operator_numbers, settings.call_seconds)


@app.command()
def doctor(
    print_fallback: Annotated[
        bool,
        typer.Option("--print-fallback", help="Print the document to host elsewhere for when we are down."),
    ] = False,
) -> None:
    """Check configuration, store, spool, clock, carrier account and the URLs of each number."""
    if print_fallback:
        print_data(_fallback_document(config.load_settings()))
        return
    results = _run_checks()
    for result in results:
        print_data(f"{result.status:<7} {result.subject}: {result.detail}".rstrip(": "))
        if result.remedy:
            print_data(f"        mend: {result.remedy}")
    if any(result.status is CheckStatus.WRONG for result in results):
        raise typer.Exit(1)
