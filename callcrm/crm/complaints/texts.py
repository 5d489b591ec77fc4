"""Complaints in words."""

from callcrm.base.text import bidi_isolate
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models.crm.complaint import About, Complaint, Remedy, Stage


def about(locale: Locale, kind: str) -> str:
    """What a complaint may be about."""
    return {
        About.PRODUCT: locale._("A product"),
        About.SERVICE: locale._("A service"),
        About.STAFF: locale._("A person"),
    }[About(kind)]


def stage(locale: Locale, name: str) -> str:
    """The name of a stage."""
    return {
        Stage.RECEIVED: locale._("Received"),
        Stage.ACKNOWLEDGED: locale._("Acknowledged"),
        Stage.INVESTIGATING: locale._("Investigating"),
        Stage.OFFERED: locale._("Offer made"),
        Stage.FOLLOWING_UP: locale._("Following up"),
        Stage.CLOSED: locale._("Closed"),
    }[Stage(name)]


def remedy(locale: Locale, name: str) -> str:
    """The name of what is offered."""
    return {
        Remedy.REPAIR: locale._("Repair"),
        Remedy.REPLACE: locale._("Replacement"),
        Remedy.REFUND: locale._("Refund"),
        Remedy.APOLOGY: locale._("Apology"),
    }[Remedy(name)]


def subject(locale: Locale, complaint: Complaint, staff: str) -> str:
    """What this complaint is about: the product's or the person's name, else what kind of thing."""
    if complaint.about == About.STAFF and staff:
        return staff
    return complaint.product or about(locale, complaint.about)


def line(locale: Locale, complaint: Complaint, staff: str) -> Line:
    """A complaint in a line of text; `staff` is the name of the person complained of, if there is one."""
    text = locale._("Complaint about %(subject)s", subject=bidi_isolate(subject(locale, complaint, staff)))
    return Line(text, "warn", "" if complaint.closed_at else "lost")
