"""Which numbers agents may call: none of our own, and no premium-rate numbers, which fraud lives on."""

import phonenumbers
from phonenumbers import PhoneNumberType

from callcrm.base.errors import Refused
from callcrm.calls.runtime import CallRuntime

# Satellites and other networks of no country, and international premium rate.
COSTLY_CODES = frozenset({870, 878, 881, 882, 883, 979})


def destination(runtime: CallRuntime, to: str) -> str:
    """The number in E.164; Refused, with the reason, if it can't or must not be called."""
    number = runtime.to_e164(to)
    if number is None:
        raise Refused("this is no number that can be rung", field="to")
    if number in runtime.own_numbers:
        raise Refused("this is a number of our own", field="to")
    if _costly(number):
        raise Refused("premium-rate and satellite numbers are not rung", field="to")
    return number


def _costly(e164: str) -> bool:
    number = phonenumbers.parse(e164)
    kind = phonenumbers.number_type(number)
    return number.country_code in COSTLY_CODES or kind == PhoneNumberType.PREMIUM_RATE
