"""Whom agents may call: numbers that can be rung, none of our own, and no forbidden ones."""

from callcrm.base.errors import Refused, RefusedByRule
from callcrm.calls.outgoing.allowed_numbers import check_allowed, is_emergency
from callcrm.calls.runtime import CallRuntime


def destination(runtime: CallRuntime, to: str) -> str:
    """The number in E.164. Refused if it is none that can be rung, RefusedByRule if it must not be."""
    if is_emergency(runtime.settings, to):
        raise RefusedByRule(
            "Dial %(number)s on a telephone: calls placed from here do not tell where you are",
            code="emergency-number",
            field="to",
            number=to.strip(),
        )
    number = runtime.to_e164(to)
    if number is None:
        raise Refused("this is no number that can be rung", field="to")
    if number in runtime.own_numbers:
        raise Refused("this is a number of our own", field="to")
    check_allowed(runtime.settings, number)
    return number
