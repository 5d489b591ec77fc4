"""Checks of settings beside each other, and of signatures against the carrier's own example."""

from collections.abc import AsyncIterator, Iterator

from sqlmodel import Session, col, func, select

from callcrm.base.errors import Unavailable
from callcrm.carrier import signature
from callcrm.carrier.errors import CarrierRefused
from callcrm.carrier.form import Form
from callcrm.carrier.rest import open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.cli.checks.addresses import sqlite_file
from callcrm.cli.checks.contradictions import contradictions
from callcrm.cli.checks.doubts import doubts, misspelled
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock, threads
from callcrm.config import Settings
from callcrm.models import User
from callcrm.store.store import Store

SUBJECTS = {"CALLCRM_OPERATOR_NUMBER": "operators", "CALLCRM_PUBLIC_URL": "public URL"}
# The example the carrier publishes: what is signed and checked by one program of ours would prove nothing.
EXAMPLE_BASE, EXAMPLE_PATH = "https://mycompany.com", "/myapp.php?foo=1&bar=2"
EXAMPLE_TOKEN, EXAMPLE_SIGNATURE = "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
EXAMPLE_FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


def check_consistency(settings: Settings) -> Iterator[CheckResult]:
    """Whether settings that are well formed fit together."""
    faults = [*contradictions(settings), *doubts(settings), *misspelled()]
    for fault in faults:
        yield wrong(SUBJECTS.get(fault.variable, "settings"), f"{fault.variable} {fault.cause}", fault.remedy)
    if settings.operator_numbers and not any(fault.variable == "CALLCRM_OPERATOR_NUMBER" for fault in faults):
        yield ok("operators", f"{len(settings.operator_numbers)} set")


def check_signatures(settings: Settings) -> Iterator[CheckResult]:
    """Whether our check accepts the carrier's own example, and refuses another signature or none.

    Whether TWILIO_AUTH_TOKEN is the carrier's only the carrier knows: it refuses the account with another.
    """
    form = Form(EXAMPLE_FORM.items())
    headers = (EXAMPLE_SIGNATURE, EXAMPLE_SIGNATURE.swapcase(), None)
    accepted = [
        signature.verify(EXAMPLE_BASE, EXAMPLE_PATH, form, header, [EXAMPLE_TOKEN]) for header in headers
    ]
    if accepted == [True, False, False]:
        yield ok("signatures", "the carrier's example is checked right")
    else:
        yield wrong("signatures", "the carrier's example is checked wrong", "install callcrm anew")
    if settings.signatures == "observe":
        cause = "signatures that do not fit are only counted (CALLCRM_SIGNATURES=observe)"
        yield wrong("signatures", cause, "set CALLCRM_SIGNATURES=enforce once the count stays at 0")


def check_agents_numbers(settings: Settings) -> Iterator[CheckResult]:
    """Whether no agent is rung on a number of ours, which may have become one after it was theirs."""
    if (file := sqlite_file(settings)) and not file.exists():
        return
    store = Store(settings.database, clock, threads)
    try:
        count = store.read_now(lambda session: _rung_on(session, settings.numbers))
    except Unavailable:  # the store has a check of its own
        return
    finally:
        store.close()
    if count:
        cause = f"{count} are rung on one of CALLCRM_NUMBERS, so a call to them would come back here"
        yield wrong("agents", cause, "give them their own numbers (Settings, Users)")


def _rung_on(session: Session, numbers: list[str]) -> int:
    """How many users who may sign in have one of these numbers."""
    rung = select(func.count()).where(col(User.number).in_(numbers), col(User.disabled_at).is_(None))
    return session.exec(rung).one()


async def check_secondary_token(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether the carrier takes the second token too: only the carrier knows which tokens are its own."""
    if not (settings.account_sid and settings.auth_token and settings.auth_token_secondary):
        return
    with_secondary = settings.model_copy(update={"auth_token": settings.auth_token_secondary})
    async with open_http() as http:
        try:
            await open_rest_client(with_secondary, clock, http).account_status()
        except CarrierRefused:
            cause = "TWILIO_AUTH_TOKEN_SECONDARY is none of the account's tokens (any more)"
            yield wrong("carrier", cause, "set it to the carrier's second token, or leave it out")
        except Unavailable as error:
            yield not_checked("carrier", f"TWILIO_AUTH_TOKEN_SECONDARY: {error}")
        else:
            yield ok("carrier", "takes TWILIO_AUTH_TOKEN_SECONDARY")


CHECKS = (check_consistency, check_signatures, check_agents_numbers)
REMOTE_CHECKS = (check_secondary_token,)
