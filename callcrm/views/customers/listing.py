"""Lists of customers, whoever was in touch last first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select, tuple_
from sqlmodel import Session

from callcrm.customers.customers import phones_of
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models import Call, Customer, CustomerTouch, Message, Promise, PromiseState, shown_to
from callcrm.models.conventions import table_of
from callcrm.views.customers import texts
from callcrm.views.people import names_by_id

CALL = table_of(Call)
CUSTOMER = table_of(Customer)
MESSAGE = table_of(Message)
PROMISE = table_of(Promise)
TOUCH = table_of(CustomerTouch)


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer in a list: when and by what they were last in touch, and how many promises are open."""

    customer: Customer
    at: datetime
    phones: Sequence[str]
    last: Call | Message | None
    owed: int


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list, with the last contact in words."""

    listed: Listed
    line: Line | None


def rows(session: Session, locale: Locale, listed: Sequence[Listed]) -> list[CustomerRow]:
    """The customers with their last contact in words."""
    agents = {row.last.agent_id for row in listed if isinstance(row.last, Call) and row.last.agent_id}
    agent_names = names_by_id(session, agents)
    return [CustomerRow(row, _line(locale, row.last, agent_names)) for row in listed]


def _line(locale: Locale, last: Call | Message | None, agents: Mapping[str, str]) -> Line | None:
    if last is None:
        return None
    if isinstance(last, Call):
        return texts.call(locale, last, agents.get(last.agent_id or "", ""))
    return texts.message(locale, last)


def customers(
    session: Session,
    reader: str | None,
    *,
    key: tuple[datetime, str] | None = None,
    back: bool = False,
    limit: int = 50,
) -> list[Listed]:
    """At most `limit` customers, as this user may know of them, by last contact, latest first; older than the
    time and id `key`. With `back` those newer than it, the nearest first.
    """
    statement = select(Customer, TOUCH.c.at).join(TOUCH, TOUCH.c.customer_id == CUSTOMER.c.id)
    position = tuple_(TOUCH.c.at, TOUCH.c.customer_id)
    if key is not None:
        statement = statement.where(position > key if back else position < key)
    columns = (TOUCH.c.at, TOUCH.c.customer_id)
    ordered = statement.order_by(*(columns if back else (column.desc() for column in columns)))
    rows = session.execute(ordered.limit(limit)).all()
    return _listed(session, reader, [(row[0], row[1]) for row in rows])


def rows_for(session: Session, reader: str | None, rows: Sequence[Customer]) -> list[Listed]:
    """These customers as items of a list, in their order."""
    ids = [customer.id for customer in rows]
    statement = select(TOUCH.c.customer_id, TOUCH.c.at).where(TOUCH.c.customer_id.in_(ids))
    touched = {row[0]: row[1] for row in session.execute(statement)}
    return _listed(session, reader, [(customer, touched[customer.id]) for customer in rows])


def _listed(session: Session, reader: str | None, rows: Sequence[tuple[Customer, datetime]]) -> list[Listed]:
    ids = [customer.id for customer, _ in rows]
    phones, last, owed = phones_of(session, ids), _last(session, ids), _owed(session, reader, ids)
    return [
        Listed(customer, at, phones[customer.id], last.get(customer.id), owed.get(customer.id, 0))
        for customer, at in rows
    ]


def _last(session: Session, ids: Collection[str]) -> dict[str, Call | Message]:
    """By customer: their latest call or message."""
    latest: dict[str, Call | Message] = {}
    for model, table, at in ((Message, MESSAGE, "created_at"), (Call, CALL, "started_at")):
        for customer_id, item in session.execute(_newest(model, table, at, ids)):
            other = latest.get(customer_id)
            if other is None or getattr(item, at) >= _time(other):
                latest[customer_id] = item
    return latest


def _newest(model: type[Call | Message], table: Table, at: str, ids: Collection[str]) -> Any:
    alias = table.alias()
    newest = (
        select(alias.c.id)
        .where(alias.c.customer_id == CUSTOMER.c.id)
        .order_by(alias.c[at].desc(), alias.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(CUSTOMER.c.id, model).join(model, table.c.id == newest).where(CUSTOMER.c.id.in_(ids))


def _time(item: Call | Message) -> datetime:
    return item.started_at if isinstance(item, Call) else item.created_at


def _owed(session: Session, reader: str | None, ids: Collection[str]) -> dict[str, int]:
    open_ = (PROMISE.c.customer_id.in_(ids), PROMISE.c.state == PromiseState.OPEN, shown_to(reader))
    counted = select(PROMISE.c.customer_id, func.count()).where(*open_).group_by(PROMISE.c.customer_id)
    return {row[0]: row[1] for row in session.execute(counted)}
