"""Feedback as pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callcrm.calls import search
from callcrm.crm.feedback import feedback, overview, themes
from callcrm.crm.feedback.overview import ProductRow, ThemeRow
from callcrm.crm.feedback.telling import Askers, askers
from callcrm.models import Call
from callcrm.models.crm.feedback import Feedback, FeedbackKind, FeedbackTheme, ThemeState
from callcrm.notes import notes
from callcrm.views.people import customer_names, names_by_id

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """The matrix of products and kinds, and the themes of the chosen ones."""

    products: Sequence[ProductRow]
    themes: Sequence[ThemeRow]
    chosen: ProductRow | None


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """What somebody said: who, in which call, and who of ours took it down."""

    feedback: Feedback
    customer: str
    call: Call | None
    author: str


@dataclass(frozen=True, slots=True)
class ThemePage:
    """A theme, the latest of what was said under it, and who is to be told once it is done.

    `others` are the themes of the same product and kind.
    """

    theme: FeedbackTheme
    count: int
    rows: Sequence[FeedbackRow]
    decided_by: str
    others: Sequence[FeedbackTheme]
    askers: Askers | None

    @property
    def other_names(self) -> list[tuple[str, str]]:
        """The others to choose from: id and name."""
        return [(theme.id, theme.text) for theme in self.others]


@dataclass(frozen=True, slots=True)
class NewFeedback:
    """What the form begins with: products to choose from, the first of them `likely` meant, and a text."""

    products: Sequence[str]
    likely: bool
    body: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Feedback that was taken down, and the themes it may belong to."""

    feedback: Feedback
    theme: FeedbackTheme
    count: int
    others: Sequence[FeedbackTheme]

    @property
    def other_names(self) -> list[tuple[str, str]]:
        """The others to choose from: id and name."""
        return [(theme.id, theme.text) for theme in self.others]


def overview_page(session: Session, product: str | None, kind: str | None, state: str | None) -> Overview:
    """The page of all feedback, its themes filtered."""
    key = themes.product_key(product) if product else None
    rows = overview.matrix(session)
    chosen = next((row for row in rows if row.key == key), None)
    return Overview(rows, overview.most_said(session, product_key=key, kind=kind, state=state), chosen)


def theme_page(session: Session, theme_id: str) -> ThemePage:
    """The page of a theme; of the one it became part of."""
    theme = themes.get(session, theme_id)
    entries = feedback.page(session, theme=theme.id, limit=SHOWN)
    others = [row for row in themes.siblings(session, theme) if row.id != theme.id]
    decider = names_by_id(session, [theme.decided_by]) if theme.decided_by else {}
    return ThemePage(
        theme=theme,
        count=feedback.count_of(session, [theme.id]).get(theme.id, 0),
        rows=_rows(session, entries),
        decided_by=decider.get(theme.decided_by or "", ""),
        others=others,
        askers=askers(session, theme) if theme.state == ThemeState.DONE else None,
    )


def _rows(session: Session, entries: Sequence[Feedback]) -> list[FeedbackRow]:
    customers = customer_names(session, {row.customer_id for row in entries if row.customer_id})
    staff = names_by_id(session, {row.created_by for row in entries if row.created_by})
    calls = search.calls_by_id(session, {row.call_id for row in entries if row.call_id})
    return [
        FeedbackRow(
            row,
            customers.get(row.customer_id or "", ""),
            calls.get(row.call_id or ""),
            staff.get(row.created_by or "", ""),
        )
        for row in entries
    ]


def new_feedback(session: Session, call: Call | None, customer_id: str | None, user_id: str) -> NewFeedback:
    """What the form begins with beside a call: the last line the user wrote of it."""
    bought = feedback.bought(session, customer_id)
    products = feedback.suggested_products(session, customer_id)
    body = notes.last_line(session, call.id, user_id) if call else ""
    return NewFeedback(products, bool(bought), body)


def taken(session: Session, row: Feedback) -> Taken:
    """What was taken down, with the themes it may belong to besides its own."""
    theme = themes.get(session, row.theme_id)
    others = themes.open_themes(session, row.product, FeedbackKind(row.kind))
    counts = feedback.count_of(session, [theme.id])
    return Taken(row, theme, counts.get(theme.id, 0), [other for other in others if other.id != theme.id])
