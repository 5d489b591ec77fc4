"""Promises as objects of the API."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from callcrm import models
from callcrm.base.objects import Named, Time, VersionedShape
from callcrm.models import Customer, PromiseKind, PromiseState, User


class Promise(VersionedShape):
    """What we owe a caller."""

    id: str
    kind: PromiseKind
    state: PromiseState
    customer: Named | None
    phone: str | None
    call: str | None
    owner: Named | None
    due_at: Time
    created_at: Time


def objects(session: Session, promises: Sequence[models.Promise]) -> list[Promise]:
    """The promises as objects, in their order; owners and customers are loaded once for all."""
    owners = {user.id: Named(id=user.id, name=user.name) for user in _owners(session, promises)}
    customers = {row.id: Named(id=row.id, name=row.name) for row in _customers(session, promises)}
    return [
        Promise(
            **row.model_dump(include={"id", "kind", "state", "phone", "due_at", "created_at", "version"}),
            call=row.call_id,
            customer=customers.get(row.customer_id or ""),
            owner=owners.get(row.owner_id or ""),
        )
        for row in promises
    ]


def _owners(session: Session, promises: Sequence[models.Promise]) -> Sequence[User]:
    ids = {row.owner_id for row in promises if row.owner_id}
    return session.exec(select(User).where(col(User.id).in_(ids))).all() if ids else ()


def _customers(session: Session, promises: Sequence[models.Promise]) -> Sequence[Customer]:
    ids = {row.customer_id for row in promises if row.customer_id}
    return session.exec(select(Customer).where(col(Customer.id).in_(ids))).all() if ids else ()
