"""Settings that are well formed each by itself and wrong together.

A contradiction would leave callers alone, or a part of us broken without a word: `serve` refuses it. A doubt
may be meant so: `serve` logs it and `callcrm doctor` reports it. Neither text holds a secret; that of a doubt
holds no number either, since it is logged.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import phonenumbers

from callcrm.config import Settings
from callcrm.ivr.flows.hours import ALWAYS
from callcrm.ivr.flows.model import Flows

LOOPBACK = ("localhost", "127.0.0.1", "::1")
DEFAULT_PORTS = {"https": 443, "http": 80}
TWILIO_DOMAIN = "twilio.com"
SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
# What each SID of Twilio's begins with; carriers like it have ids of other forms.
SID_PREFIXES = {"TWILIO_ACCOUNT_SID": "AC", "TWILIO_API_KEY": "SK", "TWILIO_TWIML_APP_SID": "AP"}
SOFTPHONE = ("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_TWIML_APP_SID")
VERSION_AT_END = re.compile(r"/[0-9]{4}-[0-9]{2}-[0-9]{2}$")


@dataclass(frozen=True, slots=True)
class SettingFault:
    """What is wrong with the setting of this variable beside others, and how to mend it."""

    variable: str
    cause: str
    remedy: str

    @property
    def line(self) -> str:
        """The fault in one line."""
        return f"{self.variable}: {self.cause}: {self.remedy}"


def contradictions(settings: Settings) -> list[SettingFault]:
    """What no installation can mean, a fault for each."""
    checks = (_operators, _softphone, _credentials, _sids, _public_url, _carrier_url, _places, _bucket)
    return [fault for check in checks for fault in check(settings)]


def doubts(settings: Settings, *, host: str = "", port: int = 0) -> list[SettingFault]:
    """What is probably not meant; `host` and `port` are where we listen, if that is known."""
    checks = (_odd_numbers, _plain_http, _unused, _everybody_trusted)
    faults = [fault for check in checks for fault in check(settings)]
    here = (*_served_elsewhere(settings, host, port), *_without_proxy(settings, host)) if port else ()
    return [*faults, *here]


# --- contradictions -------------------------------------------------------------------------------


def _operators(settings: Settings) -> Iterator[SettingFault]:
    ours = {_canonical(number) for number in settings.numbers}
    for number in settings.operator_numbers:
        if _canonical(number) in ours:
            yield SettingFault(
                "CALLCRM_OPERATOR_NUMBER",
                f"{number} is one of CALLCRM_NUMBERS, so a call to it would come back here",
                "name a phone that a human answers",
            )


def _canonical(number: str) -> str:
    """The one spelling of a number: a trunk prefix after the country code is dropped, as carriers do."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _softphone(settings: Settings) -> Iterator[SettingFault]:
    values = dict(
        zip(SOFTPHONE, (settings.api_key, settings.api_secret, settings.twiml_app_sid), strict=True)
    )
    present = [name for name, value in values.items() if value]
    for name, value in values.items():
        if present and not value:
            cause = f"not set, though {' and '.join(present)} {'is' if len(present) == 1 else 'are'}"
            yield SettingFault(name, cause, f"a softphone needs {', '.join(SOFTPHONE)}, or none of them")


def _credentials(settings: Settings) -> Iterator[SettingFault]:
    """Values put into each other's place."""
    values = {
        "TWILIO_ACCOUNT_SID": settings.account_sid,
        "TWILIO_AUTH_TOKEN": settings.auth_token,
        "TWILIO_API_KEY": settings.api_key,
        "TWILIO_API_SECRET": settings.api_secret,
        "TWILIO_TWIML_APP_SID": settings.twiml_app_sid,
    }
    first_with: dict[str, str] = {}
    for name, value in values.items():
        other = first_with.setdefault(value, name) if value else name
        if other != name:
            yield SettingFault(
                name, f"has the value of {other}", "set each to its own, as the carrier shows them"
            )


def _sids(settings: Settings) -> Iterator[SettingFault]:
    if not _at_twilio(settings):
        return
    values = (settings.account_sid, settings.api_key, settings.twiml_app_sid)
    for (name, prefix), value in zip(SID_PREFIXES.items(), values, strict=True):
        if value and not (SID.fullmatch(value) and value.startswith(prefix)):
            kind = f" but one of another kind ({value[:2]}…)" if SID.fullmatch(value) else ""
            cause = f"is no SID of the form {prefix} and 32 hexadecimal digits{kind}"
            yield SettingFault(name, cause, "copy it from the carrier's console")


def _at_twilio(settings: Settings) -> bool:
    host = _parts(settings.carrier_api_url).hostname or ""
    return host == TWILIO_DOMAIN or host.endswith(f".{TWILIO_DOMAIN}")


def _public_url(settings: Settings) -> Iterator[SettingFault]:
    name, url = "CALLCRM_PUBLIC_URL", settings.public_url
    host = _parts(url).hostname or ""
    if "/webhooks/twilio" in url:
        cause = "is the URL of a webhook, not the base in front of it"
        yield SettingFault(name, cause, "leave out /webhooks/twilio and what follows")
    if host == TWILIO_DOMAIN or host.endswith(f".{TWILIO_DOMAIN}"):
        yield SettingFault(name, f"{host} is the carrier's host", "name the one under which it calls you")


def _carrier_url(settings: Settings) -> Iterator[SettingFault]:
    name, url = "CALLCRM_TWILIO_API_URL", settings.carrier_api_url
    if VERSION_AT_END.search(url):
        yield SettingFault(name, "ends in a version, which is added to it", "leave the version out")
    if settings.public_url and _origin(url) == _origin(settings.public_url):
        cause = "is where CALLCRM_PUBLIC_URL leads, so that we would be our own carrier"
        yield SettingFault(name, cause, "name the carrier's API, or leave it out for Twilio's")


def _places(settings: Settings) -> Iterator[SettingFault]:
    if settings.on_sqlite and ":memory:" in settings.database:
        cause = "is in memory, where every connection has a store of its own and nothing is kept"
        yield SettingFault("CALLCRM_DATABASE_URL", cause, "name a file")
    if settings.recordings.startswith("file://"):
        folder = Path(settings.recordings.removeprefix("file://")).resolve()
        spool = settings.spool.resolve()
        if folder == spool or spool in folder.parents:
            cause = f"{folder} is where events wait for the store (below CALLCRM_DATA_DIR)"
            yield SettingFault("CALLCRM_RECORDINGS_URL", cause, "give recordings a folder of their own")


def _bucket(settings: Settings) -> Iterator[SettingFault]:
    pair = {
        "CALLCRM_S3_ACCESS_KEY_ID": settings.s3_access_key_id,
        "CALLCRM_S3_SECRET_ACCESS_KEY": settings.s3_secret_access_key,
    }
    for name, other in (tuple(pair), tuple(pair)[::-1]):
        if pair[other] and not pair[name]:
            remedy = "set both, or none to use the machine's role"
            yield SettingFault(name, f"not set, though {other} is", remedy)
    values = (*pair.values(), settings.s3_endpoint, settings.s3_region)
    if any(values) and not settings.recordings.startswith("s3://"):
        cause = "is no bucket, though settings of one (CALLCRM_S3_…) are set"
        yield SettingFault("CALLCRM_RECORDINGS_URL", cause, "set it to s3://BUCKET/PREFIX, or leave them out")


# --- doubts ---------------------------------------------------------------------------------------


def _odd_numbers(settings: Settings) -> Iterator[SettingFault]:
    lists = {
        "CALLCRM_OPERATOR_NUMBER": settings.operator_numbers,
        "CALLCRM_NUMBERS": settings.numbers,
    }
    for name, numbers in lists.items():
        canonical = [_canonical(number) for number in numbers]
        for at, number in enumerate(numbers, start=1):
            if number.startswith("+") and not _is_possible(number):
                yield SettingFault(
                    name, f"number {at} has a length no number there has", "see whether it is whole"
                )
            if canonical.index(canonical[at - 1]) != at - 1:
                yield SettingFault(name, f"number {at} is there already", "name each once")


def _is_possible(number: str) -> bool:
    try:
        reason = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
    return reason in (
        phonenumbers.ValidationResult.IS_POSSIBLE,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    )


def _plain_http(settings: Settings) -> Iterator[SettingFault]:
    api = _parts(settings.carrier_api_url)
    if api.scheme == "http" and api.hostname not in LOOPBACK:
        cause = "is not https: the auth token is sent where it can be read"
        yield SettingFault("CALLCRM_TWILIO_API_URL", cause, "use https://…")


def _unused(settings: Settings) -> Iterator[SettingFault]:
    if settings.auth_token and settings.auth_token_secondary == settings.auth_token:
        cause = "is the same as TWILIO_AUTH_TOKEN, so the other token of a rotation is refused"
        yield SettingFault("TWILIO_AUTH_TOKEN_SECONDARY", cause, "set it to the other token, or leave it out")
    if settings.twiml_app_sid and not settings.numbers:
        cause = "not set, though softphones are: their calls need a number of ours as caller id"
        yield SettingFault("CALLCRM_NUMBERS", cause, "name our numbers")


def _everybody_trusted(settings: Settings) -> Iterator[SettingFault]:
    if any(ip_network(network).prefixlen == 0 for network in settings.trusted_proxies):
        cause = "has every address in it, so that anybody can write themselves another one"
        yield SettingFault("CALLCRM_TRUSTED_PROXIES", cause, "name your own proxies alone")


def _without_proxy(settings: Settings, host: str) -> Iterator[SettingFault]:
    if host not in LOOPBACK and not settings.trusted_proxies:
        cause = "names no proxy, though other machines reach us: slow requests come in unbuffered"
        remedy = "put a proxy in front that takes requests in whole (docs/operators.md), and name its address"
        yield SettingFault("CALLCRM_TRUSTED_PROXIES", cause, remedy)


def _served_elsewhere(settings: Settings, host: str, port: int) -> Iterator[SettingFault]:
    """A loopback URL is called from this machine: by a simulated carrier, or by nobody."""
    public, api = _parts(settings.public_url), _parts(settings.carrier_api_url)
    if public.hostname in LOOPBACK and api.hostname not in LOOPBACK:
        cause = "can be called from this machine alone"
        yield SettingFault("CALLCRM_PUBLIC_URL", cause, "set it to where the carrier calls you")
    elif public.hostname in LOOPBACK and _port(public) != port:
        cause = f"leads to port {_port(public)} of this machine, and we listen on {port}"
        yield SettingFault(
            "CALLCRM_PUBLIC_URL", cause, "set it to where the carrier calls you, or leave it out"
        )
    elif public.hostname not in LOOPBACK and host in LOOPBACK and _port(public) == port:
        cause = f"leads to port {port}, where we listen on {host} alone"
        yield SettingFault("CALLCRM_PUBLIC_URL", cause, "serve with --host, or put a proxy in front")


def flow_doubts(settings: Settings, flows: Flows) -> Iterator[SettingFault]:
    """What of the settings is probably not meant so, with these flows; it breaks no call."""
    answering = [flow for flow in flows.flows.values() if flow.answers]
    if "time_zone" not in settings.model_fields_set and any(
        flow.hours.week != ALWAYS.week for flow in answering
    ):
        cause = "not set, so the opening hours of flows count by UTC"
        yield SettingFault("CALLCRM_TIME_ZONE", cause, "set it to the business's zone")
    unnamed = [flow.name for flow in answering if set(flow.numbers) - set(settings.numbers)]
    if unnamed:
        cause = f"lacks a number that {', '.join(f'{name}.toml' for name in unnamed)} answers"
        yield SettingFault(
            "CALLCRM_NUMBERS", cause, "name all our numbers, so that none is taken for a customer"
        )


def _parts(url: str) -> SplitResult:
    return urlsplit(url)


def _port(parts: SplitResult) -> int:
    return parts.port or DEFAULT_PORTS.get(parts.scheme, 0)


def _origin(url: str) -> tuple[str | None, int]:
    parts = _parts(url)
    host = "loopback" if parts.hostname in LOOPBACK else parts.hostname
    return host, _port(parts)
