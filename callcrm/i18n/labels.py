"""Labels for names in flows and tables: queues, languages, menus, kinds of phones."""

from functools import cache

import phonenumbers
from babel import Locale as BabelLocale
from phonenumbers import PhoneNumberType

from callcrm.i18n.locale import LANGUAGES, Locale, translations


def queue(locale: Locale, name: str | None) -> str:
    """A queue by its name; what a flow file calls `after-sales` is After sales here."""
    if not name:
        return ""
    labels = {"sales": locale._("Sales"), "support": locale._("Support")}
    return labels.get(name) or name.replace("-", " ").replace("_", " ").capitalize()


def language(locale: Locale, code: str | None) -> str:
    """A language's name in the reader's own: English, انگلیسی."""
    if not code:
        return ""
    main = code.lower().split("-")[0]
    return str(BabelLocale.parse(locale.language).languages.get(main) or code)


def country(locale: Locale, code: str) -> str:
    """A country's name in the reader's language, by its ISO code."""
    return str(BabelLocale.parse(locale.language).territories.get(code) or code)


def currency(locale: Locale, code: str) -> tuple[str, str]:
    """A currency for a list to choose from: its code, and its name in the reader's language."""
    return code, str(BabelLocale.parse(locale.language).currencies.get(code) or code)


def role(locale: Locale, name: str) -> str:
    """A role as people read it; "" for none."""
    labels = {
        "agent": locale._("Agent"),
        "supervisor": locale._("Supervisor"),
        "admin": locale._("Administrator"),
    }
    return labels.get(name, "")


def agent_field(locale: Locale, name: str) -> str:
    """A list of an agent's, by its name in the API."""
    labels = {
        "skills": locale._("Skills"),
        "languages": locale._("Languages"),
        "queues": locale._("Queues"),
    }
    return labels.get(name, name)


def address(locale: Locale, text: str) -> str:
    """What stands in a number's place: a short code in the digits of this language, else the text itself."""
    return locale.digits(text) if text.isdigit() else text


def party(locale: Locale, phone: str | None, raw: str | None) -> str:
    """The other party of a call by their number, else their address; both are None if withheld."""
    if phone:
        return locale.tel(phone)
    return address(locale, raw) if raw else locale._("Number withheld")


def telephone(locale: Locale, e164: str | None) -> str:
    """Mobile or landline, where the number itself tells; "" where it does not."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(e164 or ""))
    except phonenumbers.NumberParseException:
        return ""
    return {
        PhoneNumberType.MOBILE: locale._("Mobile"),
        PhoneNumberType.FIXED_LINE: locale._("Landline"),
    }.get(kind, "")


def tier(locale: Locale, name: str) -> str:
    """A tier's name; those out of the box are in the reader's language, whichever they are kept in."""
    names = {"Gold": locale._("Gold"), "Silver": locale._("Silver"), "Bronze": locale._("Bronze")}
    return next((here for text, here in names.items() if name in _spellings(text)), name)


@cache
def _spellings(text: str) -> frozenset[str]:
    return frozenset((text, text.lower(), *(translations(code).gettext(text) for code in LANGUAGES)))
