"""What customers cost and what they bring, as figures beside each other: no score, and no mark.

Everything is of one period, but for the years. What a complaint is about limits who counts it: one about a
person is in no figure that this person reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from callcrm.base.money import Money
from callcrm.crm.complaints.visible import visible
from callcrm.crm.noun import Reader
from callcrm.models import SHOWN_PROMISE, Call, Customer, Promise, PromiseState
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import Incident
from callcrm.models.crm.purchase import CustomerWorth, Purchase

PERIODS = (30, 90, 365)  # days
YEAR = timedelta(days=365.25)
MOST = 50
By = Literal["calls", "minutes", "complaints", "incidents"]


@dataclass(slots=True)
class Burden:
    """One customer's figures: calls, minutes on the phone, complaints, incidents, promises of ours that were
    not kept in time; purchases and what was spent on them; years since the first of anything.
    """

    calls: int = 0
    minutes: int = 0
    complaints: int = 0
    incidents: int = 0
    broken: int = 0
    purchases: int = 0
    spent: list[Money] = field(default_factory=list)
    years: float = 0.0


def of_customers(session: Session, reader: Reader, ids: Sequence[str], days: int) -> dict[str, Burden]:
    """By id the figures of these customers in the last so many days."""
    since = reader.now - timedelta(days=days)
    figures = {key: Burden() for key in ids}
    if not ids:
        return figures
    calls = _counted(Call, Call.started_at, since, func.sum(col(Call.talk_seconds)))
    for key, count, seconds in _rows(session, calls, Call, ids):
        figures[key].calls, figures[key].minutes = count, round((seconds or 0) / 60)
    complaints = _counted(Complaint, Complaint.opened_at, since).where(visible(reader.user))
    for key, count in _rows(session, complaints, Complaint, ids):
        figures[key].complaints = count
    for key, count in _rows(session, _counted(Incident, Incident.created_at, since), Incident, ids):
        figures[key].incidents = count
    for key, count in _rows(session, _broken(since, reader), Promise, ids):
        figures[key].broken = count
    _add_worth(session, figures, since, reader.now)
    return figures


def _counted(model: Any, at: Any, since: datetime, *more: Any) -> Any:
    return select(model.customer_id, func.count(), *more).where(at >= since).group_by(model.customer_id)


def _rows(session: Session, statement: Any, model: Any, ids: Sequence[str]) -> Sequence[Any]:
    rows: Sequence[Any] = session.connection().execute(statement.where(model.customer_id.in_(ids))).all()
    return rows


def _broken(since: datetime, reader: Reader) -> Any:
    """Promises due in the period that were dropped, kept too late, or are late."""
    late = func.coalesce(col(Promise.closed_at), reader.now) > col(Promise.due_at)
    hidden = col(Promise.hidden_from).is_distinct_from(reader.user.user_id)
    not_kept = (col(Promise.state) == PromiseState.DROPPED) | late
    due = _counted(Promise, Promise.due_at, since)
    return due.where(col(Promise.due_at) <= reader.now, not_kept, SHOWN_PROMISE, hidden)


def _add_worth(session: Session, figures: Mapping[str, Burden], since: datetime, now: datetime) -> None:
    bought = (
        select(
            col(Purchase.customer_id), col(Purchase.currency), func.count(), func.sum(col(Purchase.amount))
        )
        .where(col(Purchase.customer_id).in_(figures), col(Purchase.at) >= since)
        .group_by(col(Purchase.customer_id), col(Purchase.currency))
        .order_by(col(Purchase.currency))
    )
    for key, currency, count, spent in session.connection().execute(bought):
        figures[key].purchases += count
        figures[key].spent.append(Money.model_construct(amount=int(spent), currency=currency))
    first = (
        select(col(Customer.id), col(Customer.created_at), func.min(col(CustomerWorth.first_at)))
        .join(CustomerWorth, col(CustomerWorth.customer_id) == col(Customer.id), isouter=True)
        .where(col(Customer.id).in_(figures))
        .group_by(col(Customer.id), col(Customer.created_at))
    )
    for key, created_at, bought_at in session.connection().execute(first):
        figures[key].years = max(0.0, (now - min(created_at, bought_at or created_at)) / YEAR)


def heaviest(session: Session, reader: Reader, by: By, days: int) -> list[str]:
    """The ids of the MOST customers with the most of one thing in the last so many days, the most first."""
    since = reader.now - timedelta(days=days)
    ranked = RANKED[by](reader).where(_at(by) >= since)
    return [key for key, _ in session.connection().execute(ranked.limit(MOST))]


def _ranking(model: Any, weight: Any) -> Any:
    ranked = select(model.customer_id, weight).where(model.customer_id.is_not(None))
    return ranked.group_by(model.customer_id).order_by(weight.desc(), model.customer_id)


def _at(by: By) -> Any:
    if by == "complaints":
        return col(Complaint.opened_at)
    return col(Incident.created_at) if by == "incidents" else col(Call.started_at)


RANKED: Mapping[By, Callable[[Reader], Any]] = {
    "calls": lambda _reader: _ranking(Call, func.count()),
    "minutes": lambda _reader: _ranking(Call, func.coalesce(func.sum(col(Call.talk_seconds)), 0)),
    "complaints": lambda reader: _ranking(Complaint, func.count()).where(visible(reader.user)),
    "incidents": lambda _reader: _ranking(Incident, func.count()),
}


def customers_of(session: Session, ids: set[str]) -> dict[str, Customer]:
    """These customers, by id."""
    rows = session.scalars(select(Customer).where(col(Customer.id).in_(ids))) if ids else ()
    return {row.id: row for row in rows}
