"""Complaints listed, counted and found again, as far as the reader may know of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.crm.complaints.complaints import product_key
from callcrm.crm.complaints.visible import SUPERVISING, is_hidden, visible
from callcrm.models import User
from callcrm.models.crm.complaint import About, Complaint

IS_OPEN = col(Complaint.closed_at).is_(None)
MOST_EARLIER = 10
MOST_COUNTED = 100  # the badge says no more than that
Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What complaints are listed by; None: by all. `late`: whether it is open and past the time it is due;
    `behind`: the same, or a stage that should have been reached.
    """

    customer: str | None = None
    about: str | None = None
    stage: str | None = None
    owner: str | None = None
    product: str | None = None
    cause: str | None = None
    late: bool | None = None
    behind: bool = False
    is_open: bool = False


def page(
    session: Session,
    filters: Filters,
    user: Principal,
    *,
    now: datetime,
    after: Key | None = None,
    back: bool = False,
    limit: int,
) -> Sequence[Complaint]:
    """At most `limit` complaints, newest first, behind this time and id; `back`: those before it, the nearest
    first.
    """
    at, id_ = col(Complaint.opened_at), col(Complaint.id)
    statement = select(Complaint).where(visible(user), *_conditions(filters, now))
    if after is not None:
        statement = statement.where(tuple_(at, id_) > after if back else tuple_(at, id_) < after)
    ways = (at.asc(), id_.asc()) if back else (at.desc(), id_.desc())
    return session.exec(statement.order_by(*ways).limit(limit)).all()


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    columns = (
        (Complaint.customer_id, filters.customer),
        (Complaint.about, filters.about),
        (Complaint.stage, filters.stage),
        (Complaint.owner_id, filters.owner),
        (Complaint.product_key, product_key(filters.product) if filters.product else None),
        (Complaint.root_cause, filters.cause),
    )
    conditions = [col(column) == value for column, value in columns if value is not None]
    if filters.is_open:
        conditions.append(IS_OPEN)
    if filters.late is not None:
        is_late = and_(IS_OPEN, col(Complaint.due_at) < now)
        conditions.append(is_late if filters.late else ~is_late)
    if filters.behind:
        conditions.append(and_(IS_OPEN, col(Complaint.late_from) < now))
    return conditions


def is_late(complaint: Complaint, now: datetime) -> bool:
    """Whether it is open, and past the time it is due."""
    return complaint.closed_at is None and complaint.due_at < now


def count_behind(session: Session, user: Principal, now: datetime, *, owner: str | None) -> int:
    """How many open complaints are late, or in a stage they should have left; of this owner and of nobody,
    None: of all. At most MOST_COUNTED.
    """
    whose = (
        () if owner is None else (or_(col(Complaint.owner_id).is_(None), col(Complaint.owner_id) == owner),)
    )
    behind = select(Complaint.id).where(IS_OPEN, col(Complaint.late_from) < now, visible(user), *whose)
    some = behind.limit(MOST_COUNTED).subquery()
    return session.exec(select(func.count()).select_from(some)).one()


def open_counts(session: Session, user: Principal, customers: Collection[str]) -> dict[str, int]:
    """By customer: how many open complaints there are that this user may know of."""
    if not customers:
        return {}
    counted = (
        select(Complaint.customer_id, func.count())
        .where(col(Complaint.customer_id).in_(customers), IS_OPEN, visible(user))
        .group_by(col(Complaint.customer_id))
    )
    return {customer: number for customer, number in session.exec(counted) if customer}


def earlier(session: Session, complaint: Complaint, user: Principal) -> Sequence[Complaint]:
    """The complaints that this one repeats, the newest first: as many as MOST_EARLIER."""
    earlier_rows: list[Complaint] = []
    latest = complaint
    while len(earlier_rows) < MOST_EARLIER:
        before = repeats(session, [latest]).get(latest.id)
        row = session.get(Complaint, before) if before else None
        if row is None or is_hidden(row, user):
            break
        earlier_rows.append(row)
        latest = row
    return earlier_rows


def complained_of(session: Session, customer_id: str) -> Sequence[str]:
    """The ids of the users who know of fewer open complaints of this customer than there are: each is about
    them, or may be.
    """
    about_people = (Complaint.customer_id == customer_id, IS_OPEN, Complaint.about == About.STAFF)
    named = select(Complaint.staff_id).where(
        Complaint.customer_id == customer_id, IS_OPEN, col(Complaint.staff_id).is_not(None)
    )
    users = {user for user in session.exec(named.distinct()) if user}
    unnamed = select(Complaint.id).where(*about_people, col(Complaint.staff_id).is_(None)).limit(1)
    if session.exec(unnamed).first() is not None:
        users.update(session.exec(select(User.id).where(col(User.role).not_in(SUPERVISING))))
    return sorted(users)


def repeats(session: Session, complaints: Sequence[Complaint]) -> Mapping[str, str]:
    """By complaint: the newest earlier one of the same customer about the same product, service or person.

    It may be seen by whoever may see the complaint: it is about the same person, or about nobody.
    """
    ids = [row.id for row in complaints if row.customer_id]
    if not ids:
        return {}
    earlier, later = aliased(Complaint), aliased(Complaint)
    newest = (
        select(earlier.id)
        .where(
            earlier.customer_id == later.customer_id,
            tuple_(col(earlier.opened_at), col(earlier.id)) < tuple_(col(later.opened_at), col(later.id)),
            earlier.about == later.about,
            _same_subject(earlier, later),
            or_(col(earlier.staff_id).is_(None), col(earlier.staff_id) == later.staff_id),
        )
        .order_by(col(earlier.opened_at).desc(), col(earlier.id).desc())
        .limit(1)
        .correlate(later)
        .scalar_subquery()
    )
    rows = session.exec(select(later.id, newest).where(col(later.id).in_(ids)))
    return {complaint: before for complaint, before in rows if before}


def _same_subject(earlier: type[Complaint], later: type[Complaint]) -> ColumnElement[bool]:
    return or_(
        and_(col(later.about) == About.STAFF, col(earlier.staff_id) == later.staff_id),
        and_(col(later.about) == About.PRODUCT, col(earlier.product_key) == later.product_key),
        and_(
            col(later.about) == About.SERVICE,
            func.coalesce(earlier.product_key, "") == func.coalesce(later.product_key, ""),
        ),
    )
