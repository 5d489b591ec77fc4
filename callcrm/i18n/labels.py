"""Labels for names in flows and tables: queues, languages, menus, kinds of phones."""

import phonenumbers
from babel import Locale as BabelLocale
from phonenumbers import PhoneNumberType

from callcrm.i18n.locale import Locale


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


def party(locale: Locale, phone: str | None, address: str | None) -> str:
    """The other party of a call by their number, else their address; both are None if they are withheld."""
    return locale.tel(phone) if phone else address or locale._("Number withheld")


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
