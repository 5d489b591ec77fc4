"""Names and numbers inside sentences, marked so that they read right in any direction."""

from markupsafe import Markup, escape

from callcrm.i18n.locale import Locale


def bdi(text: object) -> Markup:
    """A name, whatever script it is in."""
    return Markup("<bdi>{}</bdi>").format(text)


def tel(locale: Locale, e164: str) -> Markup:
    """A telephone number as it is read; never cut, never turned round."""
    return Markup('<bdi class="tel" dir="ltr">{}</bdi>').format(locale.tel(e164))


def strong(text: object) -> Markup:
    """What matters in a sentence."""
    return Markup('<strong class="strong">{}</strong>').format(text)


def fill(translated: str, **values: object) -> Markup:
    """A translated text with its places filled by names and numbers, marked or plain."""
    return escape(translated) % values  # which escapes them
