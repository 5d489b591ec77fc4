"""Feedback in words."""

from collections.abc import Mapping

from callcrm.base.text import bidi_isolate
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models.crm.feedback import Feedback, FeedbackKind, ThemeState

ICONS = {
    FeedbackKind.WORKS: "check",
    FeedbackKind.DOES_NOT: "warn",
    FeedbackKind.MISSING: "note",
    FeedbackKind.COMPETITOR: "note",
}


def kinds(locale: Locale) -> Mapping[str, str]:
    """The kinds, as buttons and columns name them."""
    return {
        FeedbackKind.WORKS: locale._("Works well"),
        FeedbackKind.DOES_NOT: locale._("Does not work"),
        FeedbackKind.MISSING: locale._("Is missing"),
        FeedbackKind.COMPETITOR: locale._("A competitor has it"),
    }


def states(locale: Locale) -> Mapping[str, str]:
    """The states of a theme."""
    return {
        ThemeState.HEARD: locale._("Heard"),
        ThemeState.PLANNED: locale._("Planned"),
        ThemeState.DONE: locale._("Done"),
        ThemeState.NOT_NOW: locale._("Not now"),
    }


def line(locale: Locale, row: Feedback) -> Line:
    """Feedback in a line: the product and what is said of it."""
    kind = FeedbackKind(row.kind)
    return Line(f"{bidi_isolate(row.product)}: {kinds(locale)[kind]}", ICONS[kind])
