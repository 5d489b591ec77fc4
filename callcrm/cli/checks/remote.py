"""Checks over the network: account and numbers at the carrier here, the rest in modules of their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urldefrag

import httpx

from callcrm.base.errors import Unavailable
from callcrm.carrier.errors import CarrierRefused
from callcrm.carrier.resources import CarrierNumber
from callcrm.carrier.rest import RestClient, open_rest_client
from callcrm.carrier.rest_transport import open_http
from callcrm.carrier.urls import number_urls
from callcrm.cli.checks import consistency, public_url, services
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.cli.clock_and_threads import clock
from callcrm.config import Settings
from callcrm.edge.hosts import common_host

MAX_SKEW = timedelta(seconds=2)

# By a part of CarrierDown's text.
CARRIER_REMEDIES = {
    "certificate": "set the clock of this machine, or name the authority in SSL_CERT_FILE",
    "overloaded": "wait, and look for what else uses the account: it sends more than the carrier allows",
    "failed": "see the carrier's status page; until it is well, jobs try again by themselves",
    "did not answer": "look at the way out of this machine, and at the carrier's status page",
    "can't be read": "mend CALLCRM_TWILIO_API_URL: no carrier's API answers there",
    "redirects": "mend CALLCRM_TWILIO_API_URL",
}
CARRIER_REMEDY = "mend the way out of this machine, or CALLCRM_TWILIO_API_URL"


@dataclass
class _SkewMeter:
    """How far our clock is from the carrier's, measured by the Date header of its responses."""

    skew: timedelta | None = None

    async def measure(self, response: httpx.Response) -> None:
        """Set the skew. The header has whole seconds: being ahead by up to one is none."""
        try:
            carrier_time: datetime = parsedate_to_datetime(response.headers["date"])
            if carrier_time.tzinfo is None:  # "-0000": UTC, of whose zone nothing is said
                carrier_time = carrier_time.replace(tzinfo=UTC)
            ahead = clock.now() - carrier_time
        except (KeyError, ValueError, TypeError, OverflowError):
            return
        self.skew = max(ahead - timedelta(seconds=1), timedelta()) if ahead > timedelta() else -ahead


def _check_clock(skew: timedelta | None) -> CheckResult:
    if skew is None:
        return not_checked("clock", "the carrier tells no time")
    if skew > MAX_SKEW:
        cause = f"our clock and the carrier's are {skew.total_seconds():.0f} s apart"
        return wrong("clock", cause, "let the machine keep its time by NTP")
    return ok("clock", "agrees with the carrier's")


async def check_carrier(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether the carrier accepts the account, agrees on the time, and has our URLs at each number."""
    if not (settings.account_sid and settings.auth_token):
        yield not_checked("carrier", "no account is set")
        return
    skew_meter = _SkewMeter()
    async with open_http() as http:
        http.event_hooks = {"response": [skew_meter.measure]}
        rest_client = open_rest_client(settings, clock, http)
        account = await _check_account(rest_client)
        yield account
        yield _check_clock(skew_meter.skew)
        async for result in _check_numbers(settings, rest_client):
            yield result


async def _check_account(rest_client: RestClient) -> CheckResult:
    try:
        status = await rest_client.account_status()
    except CarrierRefused as refusal:
        remedy = "mend TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or CALLCRM_TWILIO_API_URL"
        return wrong("carrier", str(refusal), remedy)
    except Unavailable as error:
        remedy = next((text for part, text in CARRIER_REMEDIES.items() if part in str(error)), CARRIER_REMEDY)
        return wrong("carrier", str(error), remedy)
    if status != "active":
        return wrong("carrier", f"the account is {status}", "settle it with the carrier")
    return ok("carrier", "knows the account")


async def _check_numbers(settings: Settings, rest_client: RestClient) -> AsyncIterator[CheckResult]:
    if not settings.public_url:
        yield not_checked(
            "numbers", "CALLCRM_PUBLIC_URL is not set, so their URLs can't be compared with ours"
        )
        return
    if not settings.numbers:
        yield not_checked("numbers", "CALLCRM_NUMBERS is not set: no outgoing calls, and nothing to check")
        return
    try:
        at_carrier = {number.number: number async for number in rest_client.list_numbers()}
    except (CarrierRefused, Unavailable) as error:
        yield not_checked("numbers", f"the carrier does not list them: {error}")
        return
    for number in settings.numbers:
        if number not in at_carrier:
            remedy = "mend CALLCRM_NUMBERS, or buy or move the number"
            yield wrong(f"number {number}", "the account has no such number", remedy)
            continue
        faults = _number_faults(settings, at_carrier[number])
        for result in faults or [ok(f"number {number}", "its URLs lead here, with a fallback elsewhere")]:
            yield result


def _number_faults(settings: Settings, number: CarrierNumber) -> list[CheckResult]:
    subject, ours = f"number {number.number}", number_urls(settings.public_url)
    faults = []
    # Fragments are connection overrides, which the operator may choose.
    if urldefrag(number.voice_url).url != urldefrag(ours.voice).url or number.voice_method != "POST":
        cause = f"its Voice URL is {number.voice_method} {number.voice_url or 'not set'}"
        faults.append(wrong(subject, cause, f"set it to POST {ours.voice}"))
    if not number.fallback_url:
        remedy = "host what `callcrm doctor --print-fallback` prints elsewhere, and set it as Fallback URL"
        faults.append(
            wrong(subject, "it has no Fallback URL: when we are down, callers hear an error", remedy)
        )
    elif host := common_host(number.fallback_url, settings.public_url):
        cause = f"its Fallback URL leads to {host}, as CALLCRM_PUBLIC_URL does, and is down when that is"
        faults.append(wrong(subject, cause, "host what `callcrm doctor --print-fallback` prints elsewhere"))
    if urldefrag(number.status_url).url != urldefrag(ours.status).url:
        cause = f"its status callback is {number.status_url or 'not set'}"
        faults.append(wrong(subject, cause, f"set it to POST {ours.status}"))
    return faults


CHECKS = (*public_url.CHECKS, *services.CHECKS, check_carrier, *consistency.REMOTE_CHECKS)
