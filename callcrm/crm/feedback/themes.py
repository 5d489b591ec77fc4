"""Themes: what several customers say of one product, followed by those who make it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import tuple_, update
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import fold_text, one_line
from callcrm.base.words import search_text
from callcrm.crm.feedback import matching
from callcrm.models.crm.feedback import Feedback, FeedbackKind, FeedbackTheme, ThemeState
from callcrm.models.versions import locked

LONGEST_PRODUCT, LONGEST_TEXT = 200, 200
MOST_COMPARED = 200  # themes of one product and kind, the newest


def product_key(product: str) -> str:
    """The product folded, so that every spelling of it counts as one."""
    return (search_text(product) or fold_text(product))[:LONGEST_PRODUCT]


def checked_product(product: str) -> str:
    """The product's name in one line; Refused for none and for one that is too long."""
    name = one_line(product) if len(product) <= LONGEST_PRODUCT * 4 else product
    if not product_key(name):
        raise Refused("Say which product or service it is about.", field="product")
    if len(name) > LONGEST_PRODUCT:
        raise Refused("The product's name is too long.", field="product")
    return name


def fitting(
    session: Session, product: str, kind: FeedbackKind, body: str, *, by: str | None, now: datetime
) -> FeedbackTheme:
    """The theme of this product and kind that is most like the text, else a new one.

    What is done is done: who says the same again says it of what was made since.
    """
    candidates = open_themes(session, product, kind)
    place = matching.best(body, product, [theme.text for theme in candidates])
    return begin(session, product, kind, body, by=by, now=now) if place is None else candidates[place]


def open_themes(session: Session, product: str, kind: FeedbackKind) -> Sequence[FeedbackTheme]:
    """The themes of a product and kind that are not done, the newest first."""
    return [theme for theme in _of(session, product_key(product), kind) if theme.state != ThemeState.DONE]


def siblings(session: Session, theme: FeedbackTheme) -> Sequence[FeedbackTheme]:
    """The themes of its product and kind, itself among them, the newest first."""
    return _of(session, theme.product_key, theme.kind)


def _of(session: Session, key: str, kind: str) -> Sequence[FeedbackTheme]:
    same = select(FeedbackTheme).where(
        FeedbackTheme.product_key == key, FeedbackTheme.kind == kind, col(FeedbackTheme.part_of).is_(None)
    )
    newest = (col(FeedbackTheme.created_at).desc(), col(FeedbackTheme.id).desc())
    return session.exec(same.order_by(*newest).limit(MOST_COMPARED)).all()


def begin(
    session: Session, product: str, kind: FeedbackKind, body: str, *, by: str | None, now: datetime
) -> FeedbackTheme:
    """A new theme, named by the text's first words."""
    theme = FeedbackTheme(
        id=new_id("fbt", now),
        product=product,
        product_key=product_key(product),
        kind=kind,
        text=title_of(body),
        state=ThemeState.HEARD,
        created_by=by,
        created_at=now,
    )
    session.add(theme)
    session.flush()
    return theme


def title_of(body: str) -> str:
    """A text's first words, as a theme is named by them."""
    line = one_line(body)
    if len(line) <= LONGEST_TEXT:
        return line
    return line[: LONGEST_TEXT - 1].rpartition(" ")[0][: LONGEST_TEXT - 1] + "…"


def get(session: Session, theme_id: str) -> FeedbackTheme:
    """The theme of this id, or the one that it has become part of; NotFound."""
    theme = session.get(FeedbackTheme, theme_id)
    while theme is not None and theme.part_of is not None:
        theme = session.get(FeedbackTheme, theme.part_of)
    if theme is None:
        raise NotFound("There is no such theme.")
    return theme


def lock(session: Session, theme_id: str) -> FeedbackTheme:
    """The theme as it is now, or the one that it has become part of, locked until the commit; NotFound."""
    theme = locked(session, FeedbackTheme, get(session, theme_id).id)
    if theme is None:
        raise NotFound("There is no such theme.")
    return theme if theme.part_of is None else lock(session, theme.part_of)


def change(
    session: Session,
    theme: FeedbackTheme,
    *,
    by: str | None,
    now: datetime,
    state: ThemeState | None = None,
    text: str | None = None,
) -> FeedbackTheme:
    """The theme, locked before, in another state or under another name; None leaves it as it is."""
    if text is not None:
        name = one_line(text)
        if not name:
            raise Refused("A theme needs a name.", field="text")
        if len(name) > LONGEST_TEXT:
            raise Refused("Say it in fewer words.", field="text")
        theme.text = name
    if state is not None:
        theme.state, theme.decided_by, theme.decided_at = state, by, now
    session.add(theme)
    session.flush()
    return theme


def merge(session: Session, theme: FeedbackTheme, other_id: str) -> FeedbackTheme:
    """The theme, locked before, with all that was said under another one, which becomes part of it."""
    other = lock(session, other_id)
    if other.id == theme.id:
        raise Refused("A theme can't be joined with itself.", field="with")
    if (other.product_key, other.kind) != (theme.product_key, theme.kind):
        raise Refused("Only themes of the same product and kind can be joined.", field="with")
    moved = update(Feedback).where(col(Feedback.theme_id) == other.id)
    session.exec(moved.values(theme_id=theme.id, version=Feedback.version + 1))
    other.part_of = theme.id
    theme.version = FeedbackTheme.version + 1
    session.add_all((other, theme))
    session.flush()
    session.refresh(theme)
    return theme


def page(
    session: Session,
    *,
    product: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[FeedbackTheme]:
    """At most `limit` themes with these values, newest first."""
    statement = select(FeedbackTheme).where(col(FeedbackTheme.part_of).is_(None))
    key = product_key(product) if product is not None else None
    for column, value in (
        (FeedbackTheme.product_key, key),
        (FeedbackTheme.kind, kind),
        (FeedbackTheme.state, state),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    if after is not None:
        statement = statement.where(tuple_(col(FeedbackTheme.created_at), col(FeedbackTheme.id)) < after)
    newest = statement.order_by(col(FeedbackTheme.created_at).desc(), col(FeedbackTheme.id).desc())
    return session.exec(newest.limit(limit)).all()
