"""Settings that are probably not meant as they are: `serve` logs them and `callcrm doctor` reports them. No
text holds a secret, nor a number, since it is logged.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

import phonenumbers

from callcrm import config
from callcrm.cli.checks.addresses import canonical_number, port_of
from callcrm.cli.checks.setting_fault import SettingFault
from callcrm.config import Settings
from callcrm.edge.hosts import is_loopback, listens_here_alone
from callcrm.ivr.flows.hours import ALWAYS
from callcrm.ivr.flows.model import Flows


def doubts(settings: Settings, *, host: str = "", port: int = 0) -> list[SettingFault]:
    """What is probably not meant; `host` and `port` are where we listen, if that is known."""
    checks = (_odd_numbers, _plain_http, _unused, _everybody_trusted)
    faults = [fault for check in checks for fault in check(settings)]
    here = (*_served_elsewhere(settings, host, port), *_without_proxy(settings, host)) if port else ()
    return [*faults, *here]


def misspelled() -> Iterator[SettingFault]:
    """A doubt for each variable of the environment or `.env` that is named as a setting and is none."""
    for name, like in config.unknown_names().items():
        remedy = f"perhaps {like} is meant" if like else "leave it out, or look into README, Settings"
        yield SettingFault(name, "is no setting of callcrm, so it changes nothing", remedy)


def _odd_numbers(settings: Settings) -> Iterator[SettingFault]:
    lists = {
        "CALLCRM_OPERATOR_NUMBER": settings.operator_numbers,
        "CALLCRM_NUMBERS": settings.numbers,
    }
    for name, numbers in lists.items():
        canonical = [canonical_number(number) for number in numbers]
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
    api = urlsplit(settings.carrier_api_url)
    if api.scheme == "http" and not is_loopback(settings.carrier_api_url):
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
    if not listens_here_alone(host) and not settings.trusted_proxies:
        cause = "names no proxy, though other machines reach us: slow requests come in unbuffered"
        remedy = "put a proxy in front that takes requests in whole (docs/operators.md), and name its address"
        yield SettingFault("CALLCRM_TRUSTED_PROXIES", cause, remedy)


def _served_elsewhere(settings: Settings, host: str, port: int) -> Iterator[SettingFault]:
    """A loopback URL is called from this machine: by a simulated carrier, or by nobody."""
    public, called_here = urlsplit(settings.public_url), is_loopback(settings.public_url)
    if called_here and not is_loopback(settings.carrier_api_url):
        cause = "can be called from this machine alone"
        yield SettingFault("CALLCRM_PUBLIC_URL", cause, "set it to where the carrier calls you")
    elif called_here and port_of(public) != port:
        cause = f"leads to port {port_of(public)} of this machine, and we listen on {port}"
        yield SettingFault(
            "CALLCRM_PUBLIC_URL", cause, "set it to where the carrier calls you, or leave it out"
        )
    elif not called_here and listens_here_alone(host) and port_of(public) == port:
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
