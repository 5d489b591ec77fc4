"""Names and numbers within sentences, with the markup that keeps text of either direction readable."""

from markupsafe import Markup, escape

from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.i18n.script import language_of
from callcrm.models import Call


def bdi(text: object) -> Markup:
    """A name of any script, isolated from the direction of the text around it."""
    return Markup("<bdi>{}</bdi>").format(text)


def tel(locale: Locale, e164: str) -> Markup:
    """A telephone number: left to right, never broken across lines."""
    return Markup('<bdi class="tel" dir="ltr">{}</bdi>').format(locale.tel(e164))


def address(locale: Locale, text: str) -> Markup:
    """What stands in a number's place; where a line has no room for it, it goes on behind its @."""
    return escape(labels.address(locale, text)).replace("@", Markup("@<wbr>"))


def party(locale: Locale, call: Call) -> Markup:
    """The other party of a call: their number, else their address, else that it is withheld."""
    if call.phone:
        return tel(locale, call.phone)
    if call.address:
        shown = address(locale, call.address)
        return Markup('<bdi class="address" dir="ltr" data-address="{}">{}</bdi>').format(call.address, shown)
    return escape(locale._("Number withheld"))


def in_language(locale: Locale, text: str) -> Markup:
    """The attributes of an element that holds only this text, which somebody wrote: its direction, and its
    language where that is not the page's.
    """
    language = language_of(text)
    if language in (None, locale.language):
        return Markup('dir="auto"')
    return Markup('dir="auto" lang="{}"').format(language)


def strong(text: object) -> Markup:
    """Emphasised text."""
    return Markup('<strong class="strong">{}</strong>').format(text)


def fill(translated: str, **values: object) -> Markup:
    """A translated text whose placeholders are filled with marked-up or plain values, all escaped."""
    return escape(translated) % values  # which escapes them
