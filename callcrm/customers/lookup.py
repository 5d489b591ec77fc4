"""Finding what is not a customer: notes by their words, and numbers that nobody has a name for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from callcrm.base.phones import to_e164
from callcrm.base.text import fold
from callcrm.customers.customers import FEWEST_DIGITS, MOST_WORDS, NOT_DIGITS
from callcrm.models import Call, Customer, CustomerPhone, Note


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    """A number that called or was called, and is no customer's: how often, and when last."""

    phone: str
    calls: int
    last: datetime


def notes(session: Session, q: str, *, limit: int) -> Sequence[Note]:
    """At most `limit` notes with every one of these words, newest first."""
    words = fold(q).split()[:MOST_WORDS]
    if not words:
        return ()
    said = select(Note).where(*(col(Note.search).contains(word, autoescape=True) for word in words))
    return session.exec(said.order_by(col(Note.created_at).desc(), col(Note.id).desc()).limit(limit)).all()


def unknown_numbers(session: Session, q: str, *, region: str, limit: int) -> list[UnknownNumber]:
    """At most `limit` numbers with these digits that are no customer's, the latest first."""
    digits = NOT_DIGITS.sub("", fold(q))
    if not digits.isdecimal() or len(digits) < FEWEST_DIGITS:
        return []
    last = func.max(col(Call.started_at))
    # A number written nationally begins with zeros that its E.164 form doesn't have.
    like = col(Call.phone).contains(digits.lstrip("0") or digits, autoescape=True)
    known = select(CustomerPhone.e164)
    statement = (
        select(Call.phone, func.count(), last)
        .where(or_(like, col(Call.phone) == (to_e164(q, region) or "")), col(Call.phone).not_in(known))
        .group_by(col(Call.phone))
        .order_by(last.desc(), col(Call.phone))
    )
    found = session.exec(statement.limit(limit)).all()
    return [UnknownNumber(phone, count, at) for phone, count, at in found if phone]


def by_id(session: Session, ids: Collection[str]) -> dict[str, Customer]:
    """Customers by their ids."""
    rows = session.exec(select(Customer).where(col(Customer.id).in_(ids))).all() if ids else ()
    return {one.id: one for one in rows}
