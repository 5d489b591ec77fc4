"""What flows and tables name by a key, as people say it: queues, languages, menus, kinds of telephone."""

import phonenumbers
from babel import Locale
from phonenumbers import PhoneNumberType

from callcrm.desk.words import Words
from callcrm.ivr.shape import LANGUAGE_MENU, Flow, Flows, Kind
from callcrm.models import Call


def queue(words: Words, name: str | None) -> str:
    """A queue by its name; what a flow file calls `after-sales` is After sales here."""
    if not name:
        return ""
    known = {"sales": words._("Sales"), "support": words._("Support")}
    return known.get(name) or name.replace("-", " ").replace("_", " ").capitalize()


def language(words: Words, code: str | None) -> str:
    """A language's name in the reader's own: English, انگلیسی."""
    if not code:
        return ""
    main = code.lower().split("-")[0]
    return str(Locale.parse(words.language).languages.get(main) or code)


def telephone(words: Words, e164: str | None) -> str:
    """Mobile or landline, where the number itself tells; "" where it does not."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(e164 or ""))
    except phonenumbers.NumberParseException:
        return ""
    return {
        PhoneNumberType.MOBILE: words._("Mobile"),
        PhoneNumberType.FIXED_LINE: words._("Landline"),
    }.get(kind, "")


def menu_path(words: Words, flows: Flows, call: Call) -> list[str]:
    """What the caller chose on their way to us, one step a text; choosing the language is left out."""
    flow = flows.for_number(call.to_e164)
    steps = (
        _step(words, flow, str(one.get("node") or ""), str(one.get("input") or "")) for one in call.ivr_path
    )
    return [step for step in steps if step]


def _step(words: Words, flow: Flow | None, node: str, keys: str) -> str:
    if node == LANGUAGE_MENU:
        return ""
    if keys.startswith("0"):
        return words._("The operator")
    menu = flow.menus.get(node) if flow else None
    choice = menu.choices.get(keys) if menu else None
    if choice is None:
        return words._("Nothing pressed") if not keys else words._("Key %(key)s", key=words.digits(keys))
    if choice.kind is Kind.QUEUE:
        return queue(words, choice.to)
    return {
        Kind.VOICEMAIL: words._("Leave a message"),
        Kind.CALLBACK: words._("Be rung back"),
        Kind.NUMBER: words._("Another number"),
    }.get(choice.kind) or choice.to.replace("-", " ").capitalize()
