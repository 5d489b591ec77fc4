"""Settings that contradict each other: `serve` refuses what would leave callers alone, or a part of us broken
without a word. No text holds a secret.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from callcrm.cli.checks.addresses import canonical_number, port_of
from callcrm.cli.checks.setting_fault import SettingFault
from callcrm.config import Settings
from callcrm.edge.hosts import host_of

TWILIO_DOMAIN = "twilio.com"
SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
# What each SID of Twilio's begins with; carriers like it have ids of other forms.
SID_PREFIXES = {"TWILIO_ACCOUNT_SID": "AC", "TWILIO_API_KEY": "SK", "TWILIO_TWIML_APP_SID": "AP"}
SOFTPHONE = ("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_TWIML_APP_SID")
VERSION_AT_END = re.compile(r"/[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def contradictions(settings: Settings) -> list[SettingFault]:
    """What no installation can mean, a fault for each."""
    checks = (_operators, _softphone, _credentials, _sids, _public_url, _carrier_url, _places, _bucket)
    return [fault for check in checks for fault in check(settings)]


def _operators(settings: Settings) -> Iterator[SettingFault]:
    ours = {canonical_number(number) for number in settings.numbers}
    for number in settings.operator_numbers:
        if canonical_number(number) in ours:
            yield SettingFault(
                "CALLCRM_OPERATOR_NUMBER",
                f"{number} is one of CALLCRM_NUMBERS, so a call to it would come back here",
                "name a phone that a human answers",
            )


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
    host = host_of(settings.carrier_api_url)
    return host == TWILIO_DOMAIN or host.endswith(f".{TWILIO_DOMAIN}")


def _public_url(settings: Settings) -> Iterator[SettingFault]:
    name, url = "CALLCRM_PUBLIC_URL", settings.public_url
    host = host_of(url)
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


def _origin(url: str) -> tuple[str, int]:
    return host_of(url), port_of(urlsplit(url))
