"""Contacts in words."""

from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models import Direction
from callcrm.models.crm.contact import Contact, ContactKind


def kind(locale: Locale, name: str) -> str:
    """A kind of contact."""
    return {
        ContactKind.VISIT: locale._("Visit"),
        ContactKind.LETTER: locale._("Letter"),
        ContactKind.EMAIL: locale._("E-mail"),
        ContactKind.CALL: locale._("Call on another phone"),
    }[ContactKind(name)]


def title(locale: Locale, name: str, direction: str) -> str:
    """What happened, in a few words."""
    theirs = direction == Direction.INBOUND
    match ContactKind(name):
        case ContactKind.VISIT:
            return locale._("They came by") if theirs else locale._("We called on them")
        case ContactKind.LETTER:
            return locale._("They wrote a letter") if theirs else locale._("We wrote a letter")
        case ContactKind.EMAIL:
            return locale._("They wrote an e-mail") if theirs else locale._("We wrote an e-mail")
        case ContactKind.CALL:
            return locale._("They rang another phone") if theirs else locale._("We rang from another phone")


def line(locale: Locale, contact: Contact) -> Line:
    """A contact in a line."""
    icon = {ContactKind.VISIT: "person", ContactKind.CALL: "phone"}.get(ContactKind(contact.kind), "message")
    return Line(title(locale, contact.kind, contact.direction), icon)
