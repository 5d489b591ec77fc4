"""What was learnt from complaints, and which of it may be told to whom; and which causes are frequent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.crm.complaints.visible import visible
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.purchase import Purchase, PurchaseItem

LAST_PURCHASES, MOST_PRODUCTS, BESIDE_A_CALL = 10, 30, 3
PARETO_OVER = timedelta(days=365)
IS_TOLD = col(Complaint.lesson_told)


def page(
    session: Session, user: Principal, *, after: tuple[datetime, str] | None, back: bool, limit: int
) -> Sequence[Complaint]:
    """Complaints whose lesson may be told to other customers, the latest closed first."""
    at, id_ = col(Complaint.closed_at), col(Complaint.id)
    statement = select(Complaint).where(
        IS_TOLD, col(Complaint.lesson).is_not(None), at.is_not(None), visible(user)
    )
    if after is not None:
        statement = statement.where(tuple_(at, id_) > after if back else tuple_(at, id_) < after)
    ways = (at.asc(), id_.asc()) if back else (at.desc(), id_.desc())
    return session.exec(statement.order_by(*ways).limit(limit)).all()


def for_customer(session: Session, user: Principal, customer_id: str) -> Sequence[Complaint]:
    """The latest lessons from other customers' complaints about what this customer bought lately, one of each
    product.
    """
    last = select(Purchase.id).where(Purchase.customer_id == customer_id).order_by(col(Purchase.at).desc())
    bought = select(PurchaseItem.product_key).where(
        col(PurchaseItem.purchase_id).in_(list(session.exec(last.limit(LAST_PURCHASES))))
    )
    keys = set(session.exec(bought.limit(MOST_PRODUCTS)))
    if not keys:
        return ()
    rows = session.exec(
        select(Complaint)
        .where(IS_TOLD, col(Complaint.lesson).is_not(None), col(Complaint.product_key).in_(keys))
        .where(col(Complaint.closed_at).is_not(None), visible(user))
        .where(col(Complaint.customer_id).is_distinct_from(customer_id))
        .order_by(col(Complaint.closed_at).desc(), col(Complaint.id).desc())
        .limit(MOST_PRODUCTS)
    ).all()
    newest = {row.product_key: row for row in reversed(rows)}
    return sorted(newest.values(), key=lambda row: row.closed_at or row.opened_at, reverse=True)[
        :BESIDE_A_CALL
    ]


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many closed complaints have a root cause (None: none was named), and the share of this and all
    more frequent ones, 0 to 1.
    """

    code: str | None
    count: int
    cumulative: float


def pareto(session: Session, user: Principal, now: datetime) -> list[CauseCount]:
    """The root causes of complaints closed in the last PARETO_OVER, the most frequent first."""
    counted = (
        select(Complaint.root_cause, func.count())
        .where(col(Complaint.closed_at) >= now - PARETO_OVER, visible(user))
        .group_by(col(Complaint.root_cause))
    )
    rows = sorted(session.exec(counted).all(), key=lambda row: (-row[1], row[0] or ""))
    total, so_far, causes = sum(count for _, count in rows), 0, []
    for code, count in rows:
        so_far += count
        causes.append(CauseCount(code, count, so_far / total))
    return causes
