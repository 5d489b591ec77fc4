"""Identity: whose a phone number is; certain only if exactly one customer has it and it is none of ours."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, case, func, literal
from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from callcrm.models import Call, Customer, CustomerPhone
from callcrm.models.conventions import table_of

PHONE = table_of(CustomerPhone)
BY_NUMBER = "number"  # `Call.identified_by` when nobody chose: the number told
_HOLDERS = core_select(PHONE.c.customer_id).where(PHONE.c.e164 == bindparam("e164")).limit(2)


def resolve(session: Session, e164: str | None, own: Collection[str]) -> str | None:
    """The id of the only customer who has this number; None if it is nobody's, several people's or ours."""
    if (number := others(e164, own)) is None:
        return None
    holders = session.connection().execute(_HOLDERS, {"e164": number}).scalars().all()
    return holders[0] if len(holders) == 1 else None


def others(e164: str | None, own: Collection[str]) -> str | None:
    """The number, unless it is one of our own."""
    return None if e164 in own else e164


def resolved(e164: ColumnElement[str]) -> dict[str, ScalarSelect[str]]:
    """The columns `resolve` would give the call being inserted, as subqueries; NULL for our own number."""
    holders = func.count() == 1
    customer: dict[str, ColumnElement[str]] = {
        "customer_id": func.min(PHONE.c.customer_id),
        "identified_by": literal(BY_NUMBER),
    }
    return {
        name: core_select(case((holders, value))).where(PHONE.c.e164 == e164).scalar_subquery()
        for name, value in customer.items()
    }


def candidates(session: Session, e164: str | None) -> list[Customer]:
    """The customers who have this number, the likeliest first."""
    return candidates_of(session, [e164]).get(e164, []) if e164 else []


def candidates_of(session: Session, numbers: Collection[str]) -> dict[str, list[Customer]]:
    """By number: the customers who have it.

    First those whom an agent chose for a call from it, the latest choice first; then those whose main number
    it is.
    """
    if not numbers:
        return {}
    # Not phone = e164: a switchboard's calls are many more than a customer's.
    from_it = func.coalesce(col(Call.phone), "") == col(CustomerPhone.e164)
    chosen = (
        core_select(col(Call.started_at))
        .where(col(Call.customer_id) == col(Customer.id), from_it, col(Call.identified_by) != BY_NUMBER)
        .order_by(col(Call.started_at).desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(CustomerPhone.e164, Customer)
        .join(Customer, col(Customer.id) == col(CustomerPhone.customer_id))
        .where(col(CustomerPhone.e164).in_(numbers))
        .order_by(chosen.desc().nulls_last(), col(CustomerPhone.position))
        .order_by(col(Customer.created_at), col(Customer.id))
    )
    by_number: dict[str, list[Customer]] = defaultdict(list)
    for number, customer in session.exec(statement).all():
        by_number[number].append(customer)
    return dict(by_number)
