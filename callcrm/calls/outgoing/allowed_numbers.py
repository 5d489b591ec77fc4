"""Which numbers agents may call: of allowed countries, and of no class that fraud lives on.

The country is the region a number belongs to, never its prefix: +1 is the United States, and two dozen other
countries whose calls cost fifty times as much.
"""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from callcrm.base.errors import RefusedByRule
from callcrm.base.phones import to_e164
from callcrm.config import EVERY_COUNTRY, Settings

# Codes of no country: mobile satellites, personal numbers, international networks, shared cost, premium rate.
COSTLY_CODES = frozenset({808, 870, 878, 881, 882, 883, 888, 979})
COSTLY_CLASSES = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
# Company numbers that the regulator prices as landlines: the United Kingdom's 03.
LANDLINE_PRICED = re.compile(r"\+443[0-9]{9}")
NO_COUNTRY = "001"  # the library's region of what belongs to none
UNKNOWN_COUNTRY = "ZZ"
NORTH_AMERICA = 1
MAX_EMERGENCY_DIGITS = 6


def check_allowed(settings: Settings, e164: str, field: str = "to") -> None:
    """Raise RefusedByRule, about this field, for a class or country that is not called from here."""
    country, costly = _classified(e164)
    if costly:
        raise RefusedByRule(
            "Premium-rate, shared-cost, personal, pager, company and satellite numbers are not called",
            code="number-class",
            field=field,
        )
    allowed = allowed_countries(settings)
    if EVERY_COUNTRY not in allowed and country not in allowed:
        raise RefusedByRule(
            "Calls to %(country)s are not allowed (CALLCRM_CALL_COUNTRIES)",
            code="country-not-allowed",
            field=field,
            country=country,
        )


def check_phone_of_user(settings: Settings, raw: str | None) -> None:
    """Raise RefusedByRule if nobody may be rung on this number. Each caller and each click rings an agent's
    phone at our cost. What is no number is refused elsewhere.
    """
    number = to_e164(raw, settings.default_region)
    if number is not None:
        check_allowed(settings, number, "number")


def is_allowed(settings: Settings, e164: str) -> bool:
    """Whether numbers of this class and country are called from here."""
    try:
        check_allowed(settings, e164)
    except RefusedByRule:
        return False
    return True


def allowed_countries(settings: Settings) -> frozenset[str]:
    """The countries of the setting; without it our own: the default region and those of our numbers."""
    if settings.call_countries:
        return frozenset(settings.call_countries)
    return frozenset((settings.default_region, *(country_of(number) for number in settings.numbers)))


def is_emergency(settings: Settings, dialled: str | None) -> bool:
    """Whether this is an emergency number of our region, such as 911 or 112."""
    digits = (dialled or "").strip()
    short = digits.isascii() and digits.isdigit() and len(digits) <= MAX_EMERGENCY_DIGITS
    return short and bool(phonenumbers.is_emergency_number(digits, settings.default_region))


def country_of(e164: str) -> str:
    """The ISO country a number belongs to; 001 for a code of no country, ZZ where nobody can tell."""
    return _classified(e164)[0]


@lru_cache(maxsize=4096)
def _classified(e164: str) -> tuple[str, bool]:
    """The country of a number, and whether it is of a costly class."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return UNKNOWN_COUNTRY, False
    if number.country_code in COSTLY_CODES:
        return NO_COUNTRY, True
    costly = phonenumbers.number_type(number) in COSTLY_CLASSES
    return _region(number), costly and not LANDLINE_PRICED.fullmatch(e164)


def _region(number: PhoneNumber) -> str:
    """The region by the numbering plan. A number of +1 that the plan does not know is nobody's: new prefixes
    of costly islands are the first that fraud finds. Of 555 there is none: it is for films, and tests.
    """
    region = phonenumbers.region_code_for_number(number)
    code, is_fiction = number.country_code or 0, str(number.national_number).startswith("555")
    if region is None and (code != NORTH_AMERICA or is_fiction):
        region = phonenumbers.region_code_for_country_code(code)
    return region or UNKNOWN_COUNTRY
