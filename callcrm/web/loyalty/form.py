"""The form of a programme: its fields as they are typed and stored, and the parameters they make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from callcrm.base.errors import Refused
from callcrm.base.money import Money
from callcrm.base.typed_text import normalized
from callcrm.crm.loyalty import parameters
from callcrm.crm.loyalty.parameters import Parameters
from callcrm.crm.purchases.amounts import amount_of
from callcrm.i18n.locale import Locale
from callcrm.models.crm.loyalty import ProgrammeKind

LONGEST_TYPED = 200
COMMON = ("name", "payment", "tier", "since", "per_customer", "per_days", "needs_approval")
OF_KIND: Mapping[str, tuple[str, ...]] = {
    ProgrammeKind.EVERY_NTH: ("n", "product", "most_worth", "years"),
    ProgrammeKind.PERCENT: ("percent", "most_worth", "years"),
    ProgrammeKind.FIXED: ("amount", "years"),
    ProgrammeKind.GIFT: ("gift", "n", "years"),
    ProgrammeKind.POINTS: ("per", "points", "worth", "most_worth", "years"),
}
MONEY = frozenset({"amount", "per", "worth", "most_worth"})
WHOLE = frozenset({"n", "points", "years", "per_customer", "per_days"})
Typed = dict[str, str]


@dataclass(slots=True)
class Draft:
    """A programme as it was typed; `faults` says by field what is wrong, in the reader's language."""

    kind: str
    typed: Typed
    faults: dict[str, str]
    parameters: Parameters | None = None


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of the form of this kind."""
    return (*COMMON, *OF_KIND[kind])


def typed(form: FormData, kind: str) -> Typed:
    """What was typed."""
    return {name: str(form.get(name, ""))[:LONGEST_TYPED].strip() for name in fields_of(kind)}


def as_typed(locale: Locale, name: str, stored: Mapping[str, Any]) -> Typed:
    """Stored parameters as they are typed."""
    return {"name": name, **{key: _as_text(locale, value) for key, value in stored.items()}}


def _as_text(locale: Locale, value: Any) -> str:
    if isinstance(value, dict):
        money = Money.model_validate(value)
        return locale.digits(f"{money.value:f} {money.currency}")
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, int | float):
        return locale.digits(f"{value:g}" if isinstance(value, float) else value)
    return str(value or "")


def read(locale: Locale, kind: str, fields: Typed, currency: str) -> Draft:
    """The draft with its parameters; without them where something does not fit. Amounts that name no
    currency are in this one.
    """
    draft, values = Draft(kind, fields, {}), dict[str, Any]()
    for name in fields_of(kind):
        if name == "name" or not fields.get(name):
            continue
        try:
            values[name] = _value(name, fields[name], currency)
        except ValueError:
            draft.faults[name] = _unreadable(locale, name)
    try:
        parsed = parameters.parse(kind, values)
    except ValidationError as fault:
        for error in fault.errors(include_url=False, include_input=False, include_context=False):
            name = (
                str(error["loc"][0])
                if error["loc"]
                else ("n" if kind == ProgrammeKind.GIFT else "most_worth")
            )
            draft.faults.setdefault(name, _unfit(locale, name, missing=not fields.get(name)))
    if not draft.faults:
        draft.parameters = parsed
    return draft


def _value(name: str, text: str, currency: str) -> Any:
    if name in MONEY:
        return amount_of(text, currency).model_dump()
    if name in WHOLE:
        return int(_digits(text))
    if name == "percent":
        return float(_digits(text).rstrip("%٪").replace("٫", ".").strip())
    return True if name == "needs_approval" else text


def _digits(text: str) -> str:
    return normalized(text).replace("٬", "").replace(",", "")


def _unreadable(locale: Locale, name: str) -> str:
    if name in MONEY:
        return locale._("Write an amount of money, such as 12.50.")
    return locale._("Write a number.")


def _unfit(locale: Locale, name: str, *, missing: bool) -> str:
    if missing and name == "n":
        return locale._("Say with which purchase, or after how many years.")
    if missing:
        return locale._("This is needed.")
    texts: dict[str, Callable[[], str]] = {
        "n": lambda: locale._("From 2 to 1,000."),
        "percent": lambda: locale._("More than 0 and not more than 100."),
        "most_worth": lambda: locale._("In the currency of one point, and not less than one is worth."),
        "years": lambda: locale._("From 1 to 100; a gift has either years or purchases."),
    }
    return texts[name]() if name in texts else locale._("This does not fit.")


def refused(draft: Draft, text: str, fault: Refused) -> Draft:
    """The draft with what a verb refused."""
    draft.faults["name" if fault.field == "name" else ""] = text
    return draft
