"""Parts and spellings of the URLs, paths and numbers that settings hold."""

from pathlib import Path
from urllib.parse import SplitResult

import phonenumbers
from sqlalchemy import make_url

from callcrm.config import Settings

DEFAULT_PORTS = {"https": 443, "http": 80}


def port_of(parts: SplitResult) -> int:
    """The port of a URL, or the one of its scheme."""
    return parts.port or DEFAULT_PORTS.get(parts.scheme, 0)


def canonical_number(number: str) -> str:
    """The one spelling of a number: a trunk prefix after the country code is dropped, as carriers do."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def sqlite_file(settings: Settings) -> Path | None:
    """The file of the store, None on PostgreSQL."""
    return Path(make_url(settings.database).database or "").absolute() if settings.on_sqlite else None
