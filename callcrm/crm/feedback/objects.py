"""Feedback and its themes as objects of the API."""

from collections import defaultdict
from collections.abc import Sequence

from pydantic import Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm import models
from callcrm.base.objects import Named, Time, VersionedShape
from callcrm.crm.feedback.feedback import count_of
from callcrm.crm.references import named
from callcrm.models.conventions import table_of
from callcrm.models.crm import feedback as rows_of
from callcrm.models.crm.feedback import FeedbackKind, ThemeState

MOST_CUSTOMERS = 200  # of a theme, the latest


class Feedback(VersionedShape):
    """What somebody said of a product."""

    id: str
    product: str
    kind: FeedbackKind
    body: str
    customer: Named | None
    call: str | None
    author: Named | None
    theme: str = Field(description="The id of its theme.")
    told_at: Time | None = Field(description="When the customer was told that it is done.")
    created_at: Time


class FeedbackTheme(VersionedShape):
    """What several customers say of one product."""

    id: str
    product: str
    kind: FeedbackKind
    text: str
    state: ThemeState
    count: int = Field(description="How often it was said.")
    customers: list[Named] = Field(description="Who said it, the latest first; 200 at most.")
    decided_by: Named | None
    decided_at: Time | None
    created_at: Time


def objects(session: Session, rows: Sequence[rows_of.Feedback]) -> list[Feedback]:
    """Feedback as objects, in its order; what it refers to is loaded once for all."""
    people = named(session, models.Customer, (row.customer_id for row in rows))
    staff = named(session, models.User, (row.created_by for row in rows))
    copied = {"id", "product", "kind", "body", "told_at", "created_at", "version"}
    return [
        Feedback(
            **row.model_dump(include=copied),
            customer=people.get(row.customer_id or ""),
            call=row.call_id,
            author=staff.get(row.created_by or ""),
            theme=row.theme_id,
        )
        for row in rows
    ]


def theme_objects(session: Session, rows: Sequence[rows_of.FeedbackTheme]) -> list[FeedbackTheme]:
    """Themes as objects, in their order, with their counts and the customers behind them."""
    ids = [row.id for row in rows]
    counts, behind = count_of(session, ids), _customers(session, ids)
    staff = named(session, models.User, (row.decided_by for row in rows))
    copied = {"id", "product", "kind", "text", "state", "decided_at", "created_at", "version"}
    return [
        FeedbackTheme(
            **row.model_dump(include=copied),
            count=counts.get(row.id, 0),
            customers=behind.get(row.id, []),
            decided_by=staff.get(row.decided_by or ""),
        )
        for row in rows
    ]


def _customers(session: Session, theme_ids: Sequence[str]) -> dict[str, list[Named]]:
    """By theme: the customers who said it, the latest first."""
    if not theme_ids:
        return {}
    row = rows_of.Feedback
    latest = func.max(col(row.created_at))
    by_customer = (
        select(col(row.theme_id), col(row.customer_id), latest.label("at"))
        .add_columns(
            func.row_number()
            .over(partition_by=col(row.theme_id), order_by=(latest.desc(), col(row.customer_id)))
            .label("place")
        )
        .where(col(row.theme_id).in_(theme_ids), col(row.customer_id).is_not(None))
        .group_by(col(row.theme_id), col(row.customer_id))
        .subquery()
    )
    customer = table_of(models.Customer)
    listed = (
        select(by_customer.c.theme_id, customer.c.id, customer.c.name)
        .join(customer, customer.c.id == by_customer.c.customer_id)
        .where(by_customer.c.place <= MOST_CUSTOMERS)
        .order_by(by_customer.c.theme_id, by_customer.c.place)
    )
    behind: dict[str, list[Named]] = defaultdict(list)
    for theme_id, customer_id, name in session.execute(listed):
        behind[theme_id].append(Named(id=customer_id, name=name))
    return behind
