"""Checks of the public URL, tried with a request signed as the carrier's."""

import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx

from callcrm.base.errors import chain
from callcrm.carrier import signature, urls
from callcrm.carrier.form import Form
from callcrm.carrier.rest_transport import tls_context
from callcrm.cli.checks.result import CheckResult, not_checked, ok, wrong
from callcrm.config import Settings
from callcrm.edge.hosts import host_of, is_loopback

NAME = "CALLCRM_PUBLIC_URL"
SUBJECT = "public URL"
TIMEOUT_SECONDS = 5.0
ALIVE = "ok"  # what /healthz says
# Signed, and without a CallSid: callcrm refuses it with 400 and keeps nothing of it.
HARMLESS = Form([("Doctor", "callcrm")])
REFUSAL = "Refused: "
QUERY = "?order=b&order=a&space=x%20y&slash=x%2Fy&empty="
UNCHANGED = "let the proxy pass on every path and query as they come"
WHOLE_CERTIFICATE = "renew it, with its whole chain, for this host"
# By OpenSSL's code: a wrong clock of this machine looks the same.
CERTIFICATE_REMEDIES = {
    9: "set the clock of this machine, which is earlier than the certificate, or renew it",
    10: "renew it, with its whole chain, for this host, if the clock of this machine is right",
}
BEHIND_PROXY = (502, 503, 504)


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


def _fault_as_it_stands(settings: Settings) -> CheckResult | None:
    """What is wrong with the URL before it is requested."""
    url, host = settings.public_url, host_of(settings.public_url)
    if is_loopback(url):
        if is_loopback(settings.carrier_api_url):
            return None
        return wrong(SUBJECT, f"{url} can't be called by the carrier", f"set {NAME} to where it calls you")
    if urlsplit(url).scheme != "https":
        return wrong(SUBJECT, f"{url} is not https: calls can be read on the way", f"set {NAME} to https://…")
    if "_" in host:
        return wrong(SUBJECT, f"{host} has an underscore, which carriers refuse", "use another host name")
    if not _resolves(host):
        return wrong(SUBJECT, f"{host} has no address", f"mend the DNS entry, or {NAME}")
    return None


async def check_public_url(settings: Settings) -> AsyncIterator[CheckResult]:
    """Whether the carrier can call the public URL, and its requests arrive there as it signed them."""
    if not settings.public_url:
        yield not_checked(SUBJECT, f"{NAME} is not set: it will be where `serve` listens")
        return
    if fault := _fault_as_it_stands(settings):
        yield fault
        return
    async with httpx.AsyncClient(verify=tls_context(trust_env=True), timeout=TIMEOUT_SECONDS) as http:
        try:
            yield await _request(settings, http)
        except httpx.HTTPError as error:
            yield _unanswered(settings.public_url, error)


async def _request(settings: Settings, http: httpx.AsyncClient) -> CheckResult:
    response = await http.get(f"{settings.public_url}/healthz")
    for fault in _answer_faults(f"{settings.public_url}/healthz", response):
        return fault
    if response.status_code != 200 or response.text.strip() != ALIVE:
        cause = f"{settings.public_url}/healthz answers {response.status_code}, and not as callcrm does"
        return wrong(SUBJECT, cause, f"{UNCHANGED} to callcrm, or mend {NAME}: another site answers there")
    if not settings.auth_token:
        return not_checked(SUBJECT, "callcrm answers; TWILIO_AUTH_TOKEN is not set, so no signature is tried")
    return await _signed(settings, http)


def _answer_faults(url: str, response: httpx.Response) -> Iterator[CheckResult]:
    """What of an answer is wrong wherever it comes from."""
    status = response.status_code
    if response.is_redirect:
        cause = f"{url} redirects to {response.headers.get('location', 'nowhere')}"
        yield wrong(SUBJECT, cause, f"set {NAME} to where it leads: a redirected POST loses its fields")
    elif status in BEHIND_PROXY:
        cause = f"a proxy answers {status} at {url}: it reaches no callcrm"
        yield wrong(SUBJECT, cause, "start `callcrm serve`, or mend the address the proxy passes on to")
    elif status in (401, 407):
        yield wrong(
            SUBJECT, f"{url} asks for a login ({status})", "let the carrier pass: signatures guard it"
        )


async def _signed(settings: Settings, http: httpx.AsyncClient) -> CheckResult:
    """What becomes of a signed request with a query, and of one without."""
    response = await _post(settings, http, QUERY)
    url = f"{settings.public_url}{urls.ROOT}/status"
    for fault in _answer_faults(url, response):
        return fault
    if response.status_code == 400 and response.text.startswith(REFUSAL):
        return ok(SUBJECT, f"{settings.public_url} answers, and a signed request arrives there unchanged")
    if response.status_code != 403:
        cause = f"only /healthz is callcrm's: {url} answers {response.status_code}"
        return wrong(SUBJECT, cause, UNCHANGED)
    if (await _post(settings, http, "")).status_code == 400:
        cause = (
            "a signed request arrives with another query than it was signed with: sorted, decoded or cut off"
        )
        return wrong(SUBJECT, cause, UNCHANGED)
    cause = f"the server there refuses a signature made with our TWILIO_AUTH_TOKEN over {url}"
    return wrong(
        SUBJECT, cause, f"restart it with this {NAME} and token, and see that the proxy changes neither"
    )


async def _post(settings: Settings, http: httpx.AsyncClient, query: str) -> httpx.Response:
    url = f"{settings.public_url}{urls.ROOT}/status{query}"
    headers = {
        "X-Twilio-Signature": signature.sign(url, HARMLESS, settings.auth_token),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return await http.post(url, content=b"Doctor=callcrm", headers=headers)


def _unanswered(url: str, error: httpx.HTTPError) -> CheckResult:
    """What it means that there was no answer. From inside, a public address may be out of reach."""
    for cause in chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"the certificate of {url} is refused: {cause.verify_message}"
            return wrong(SUBJECT, text, CERTIFICATE_REMEDIES.get(cause.verify_code, WHOLE_CERTIFICATE))
        if isinstance(cause, ssl.SSLError):
            text = f"{url} speaks no TLS that fits ({cause.reason or type(cause).__name__})"
            return wrong(SUBJECT, text, "mend the proxy's TLS: carriers need TLS 1.2 or later")
    reason = "in time" if isinstance(error, httpx.TimeoutException) else f"({type(error).__name__})"
    hint = "is `callcrm serve` running? From inside, a public address may be out of reach"
    return not_checked(SUBJECT, f"nothing answers at {url} from here {reason}: {hint}")


CHECKS = (check_public_url,)
