"""Feedback: taken down from a call or by hand, and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import clean, one_line
from callcrm.base.words import search_text
from callcrm.calls import search
from callcrm.crm.feedback import themes
from callcrm.customers import customers
from callcrm.models.crm.feedback import Feedback, FeedbackKind, FeedbackTheme
from callcrm.models.crm.purchase import Purchase, PurchaseItem
from callcrm.models.versions import locked

LONGEST_BODY = 4000
SUGGESTED, RECENT_ITEMS = 6, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is to be taken down; `theme` is the id of the one it belongs to, None for the best matching."""

    product: str
    kind: FeedbackKind
    body: str
    customer_id: str | None = None
    call_id: str | None = None
    theme: str | None = None


def record(session: Session, fields: Fields, *, by: str | None, now: datetime) -> Feedback:
    """Takes down what somebody said of a product, under the theme that fits best, or a new one.

    Without a customer it is the call's customer who said it. Refused for a product or a text that is empty or
    too long; NotFound for a customer, call or theme that is not there.
    """
    product, body = themes.checked_product(fields.product), checked_body(fields.body)
    call = search.call(session, fields.call_id) if fields.call_id else None
    customer_id = fields.customer_id or (call.customer_id if call else None)
    if customer_id is not None:
        customers.get(session, customer_id)
    theme = _theme_for(session, fields, product, body, by=by, now=now)
    row = Feedback(
        id=new_id("fbk", now),
        theme_id=theme.id,
        product=product,
        product_key=theme.product_key,
        kind=fields.kind,
        body=body,
        search_text=search_text(f"{product} {body}"),
        customer_id=customer_id,
        call_id=call.id if call else None,
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _theme_for(
    session: Session, fields: Fields, product: str, body: str, *, by: str | None, now: datetime
) -> FeedbackTheme:
    if fields.theme is None:
        return themes.fitting(session, product, fields.kind, body, by=by, now=now)
    theme = themes.get(session, fields.theme)
    if (theme.product_key, theme.kind) != (themes.product_key(product), fields.kind):
        raise Refused("This theme is of another product or another kind.", field="theme")
    return theme


def checked_body(body: str) -> str:
    """What was said, clean; Refused for nothing and for more than LONGEST_BODY letters."""
    text = clean(body).strip()
    if not text:
        raise Refused("Write down what they said.", field="body")
    if len(text) > LONGEST_BODY:
        raise Refused("Say it in fewer words; the rest can stand in a note.", field="body")
    return text


def get(session: Session, feedback_id: str) -> Feedback:
    """The feedback of this id; NotFound."""
    row = session.get(Feedback, feedback_id)
    if row is None:
        raise NotFound("There is no such feedback.")
    return row


def put_under(
    session: Session, feedback_id: str, theme_id: str | None, *, by: str | None, now: datetime
) -> Feedback:
    """The feedback under another theme of its product and kind; None for a new one, named by its text."""
    row = locked(session, Feedback, feedback_id)
    if row is None:
        raise NotFound("There is no such feedback.")
    if theme_id is None:
        theme = themes.begin(session, row.product, FeedbackKind(row.kind), row.body, by=by, now=now)
    else:
        theme = themes.get(session, theme_id)
    if (theme.product_key, theme.kind) != (row.product_key, row.kind):
        raise Refused("This theme is of another product or another kind.", field="theme")
    row.theme_id = theme.id
    session.add(row)
    session.flush()
    return row


def page(
    session: Session,
    *,
    product: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    theme: str | None = None,
    customer: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Feedback]:
    """At most `limit` feedback with these values, newest first; `state` is its theme's."""
    statement = select(Feedback)
    key = themes.product_key(product) if product is not None else None
    for column, value in (
        (Feedback.product_key, key),
        (Feedback.kind, kind),
        (Feedback.theme_id, theme),
        (Feedback.customer_id, customer),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    if state is not None:
        of_theme = col(FeedbackTheme.id) == col(Feedback.theme_id)
        statement = statement.join(FeedbackTheme, of_theme).where(FeedbackTheme.state == state)
    if after is not None:
        statement = statement.where(tuple_(col(Feedback.created_at), col(Feedback.id)) < after)
    newest = statement.order_by(col(Feedback.created_at).desc(), col(Feedback.id).desc())
    return session.exec(newest.limit(limit)).all()


def suggested_products(session: Session, customer_id: str | None) -> list[str]:
    """Products that a customer's feedback may be about, the likeliest first: what they bought last, then what
    others spoke of last.
    """
    names = [one_line(name) for name in (*bought(session, customer_id), *_spoken_of(session))]
    by_key = {themes.product_key(name): name for name in reversed(names)}
    return list(dict.fromkeys(by_key[themes.product_key(name)] for name in names))[:SUGGESTED]


def bought(session: Session, customer_id: str | None) -> Sequence[str]:
    """The products of the customer's latest purchases, the last first."""
    if customer_id is None:
        return ()
    of_purchase = col(PurchaseItem.purchase_id) == col(Purchase.id)
    latest = select(PurchaseItem.product).join(Purchase, of_purchase)
    latest = latest.where(Purchase.customer_id == customer_id)
    newest = (col(Purchase.at).desc(), col(Purchase.id).desc(), col(PurchaseItem.position))
    return session.exec(latest.order_by(*newest).limit(RECENT_ITEMS)).all()


def _spoken_of(session: Session) -> Sequence[str]:
    newest = select(FeedbackTheme.product).order_by(col(FeedbackTheme.created_at).desc())
    return session.exec(newest.limit(RECENT_ITEMS)).all()


def count_of(session: Session, theme_ids: Sequence[str]) -> dict[str, int]:
    """By theme: how often it was said."""
    if not theme_ids:
        return {}
    counted = select(col(Feedback.theme_id), func.count()).where(col(Feedback.theme_id).in_(theme_ids))
    return dict(session.exec(counted.group_by(col(Feedback.theme_id))).all())
