"""What is said most: a matrix of products and kinds, and the themes behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from callcrm.models.conventions import table_of
from callcrm.models.crm.feedback import Feedback, FeedbackTheme

FEEDBACK, THEME = table_of(Feedback), table_of(FeedbackTheme)
MOST_PRODUCTS, MOST_THEMES = 30, 100


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product: how often each kind was said of it."""

    key: str
    product: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How often it was spoken of."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme with how often it was said, and by how many customers."""

    theme: FeedbackTheme
    count: int
    customers: int


def matrix(session: Session) -> Sequence[ProductRow]:
    """The products that are spoken of most, at most MOST_PRODUCTS."""
    counted = core_select(
        FEEDBACK.c.product_key, FEEDBACK.c.kind, func.count(), func.max(FEEDBACK.c.product)
    ).group_by(FEEDBACK.c.product_key, FEEDBACK.c.kind)
    counts: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    for key, kind, count, name in session.execute(counted):
        counts.setdefault(key, {})[kind] = count
        names[key] = max(name, names.get(key, ""))
    rows = [ProductRow(key, names[key], by_kind) for key, by_kind in counts.items()]
    return sorted(rows, key=lambda row: (-row.total, row.key))[:MOST_PRODUCTS]


def most_said(
    session: Session, *, product_key: str | None, kind: str | None, state: str | None
) -> Sequence[ThemeRow]:
    """The themes that are said most, at most MOST_THEMES; None filters nothing."""
    count = func.count(FEEDBACK.c.id)
    counted = (
        core_select(THEME.c.id, count, func.count(FEEDBACK.c.customer_id.distinct()))
        .join(FEEDBACK, FEEDBACK.c.theme_id == THEME.c.id, isouter=True)
        .where(THEME.c.part_of.is_(None))
        .group_by(THEME.c.id)
        .order_by(count.desc(), THEME.c.created_at.desc(), THEME.c.id)
        .limit(MOST_THEMES)
    )
    filters = ((THEME.c.product_key, product_key), (THEME.c.kind, kind), (THEME.c.state, state))
    for column, value in filters:
        if value is not None:
            counted = counted.where(column == value)
    counts = [tuple(row) for row in session.execute(counted)]
    ids = [key for key, _, _ in counts]
    themes = session.exec(select(FeedbackTheme).where(col(FeedbackTheme.id).in_(ids))).all() if ids else ()
    by_id = {theme.id: theme for theme in themes}
    return [ThemeRow(by_id[key], times, customers) for key, times, customers in counts]
