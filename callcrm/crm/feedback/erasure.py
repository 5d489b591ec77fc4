"""Erasing what a customer said, also where it has become a theme's name."""

from collections.abc import Iterable

from sqlalchemy import or_
from sqlmodel import Session, col, delete, select

from callcrm.crm.feedback.themes import title_of
from callcrm.models.crm.feedback import Feedback, FeedbackTheme


def erase(session: Session, customer_id: str) -> int:
    """Deletes what the customer said; returns how many. A theme named by their words takes those of the
    first who said the same; one that nobody else spoke of goes with them.
    """
    own = session.exec(select(Feedback).where(Feedback.customer_id == customer_id)).all()
    if not own:
        return 0
    titles, theme_ids = {title_of(row.body) for row in own}, {row.theme_id for row in own}
    session.exec(delete(Feedback).where(col(Feedback.customer_id) == customer_id))
    themes = select(FeedbackTheme).where(
        or_(col(FeedbackTheme.id).in_(theme_ids), col(FeedbackTheme.part_of).in_(theme_ids))
    )
    _forget(session, session.exec(themes.order_by(col(FeedbackTheme.part_of).is_(None))).all(), titles)
    return len(own)


def _forget(session: Session, themes: Iterable[FeedbackTheme], titles: set[str]) -> None:
    """Parts of other themes come first: a theme is deleted after what became part of it."""
    for theme in themes:
        of_theme = select(Feedback).where(Feedback.theme_id == (theme.part_of or theme.id))
        other = session.exec(of_theme.order_by(col(Feedback.created_at), col(Feedback.id)).limit(1)).first()
        if other is None:
            session.delete(theme)
        elif theme.text in titles:
            theme.text = title_of(other.body)
            session.add(theme)
        session.flush()
