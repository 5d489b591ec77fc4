"""The fields of a user, checked and normalised; Refused, with the field's name, for what does not fit."""

import re
from collections.abc import Collection

from callcrm.base.errors import Refused
from callcrm.base.phones import to_e164
from callcrm.base.text import one_line
from callcrm.models import Role

LONGEST_NAME = 200
LONGEST_EMAIL = 254
MAX_TYPED = 2 * LONGEST_EMAIL  # characters of an address with the blanks around it
EMAIL = re.compile(r"[^\s@,;<>()\[\]\\\"']+@[^\s@,;<>()\[\]\\\"'.]+(\.[^\s@,;<>()\[\]\\\"'.]+)*")


def email_address(text: str) -> str:
    """The address in lower case."""
    address = text.strip().lower() if len(text) <= MAX_TYPED else ""
    if len(address) > LONGEST_EMAIL or not address.isprintable() or not EMAIL.fullmatch(address):
        raise Refused("this is no e-mail address", field="email")
    return address


def parse_role(role: str) -> Role:
    """The role of that name."""
    if role not in set(Role):
        raise Refused("the roles are %(roles)s", field="role", roles=", ".join(Role))
    return Role(role)


def display_name(text: str) -> str:
    """The name as one line of printable text."""
    name = one_line(text) if len(text) <= LONGEST_NAME else ""
    if not name or len(name) > LONGEST_NAME:
        raise Refused("a name has 1 to %(most)s characters", field="name", most=LONGEST_NAME)
    return name


def phone_number(raw: str | None, region: str, own: Collection[str]) -> str | None:
    """The number in E.164 a user is rung on, None for an empty one; none of our `own` lines."""
    if not raw:
        return None
    number = to_e164(raw, region)
    if number is None:
        raise Refused("this is no telephone number", field="number")
    if number in own:
        raise Refused("this is one of our own lines: a call to it would come back to us", field="number")
    return number
