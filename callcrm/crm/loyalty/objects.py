"""Loyalty as the API answers with it."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlmodel import Session

from callcrm.base.money import Money
from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import Customer, User
from callcrm.models.crm import loyalty
from callcrm.models.crm.loyalty import ProgrammeKind, RedemptionState


class Offer(Shape):
    """What a programme holds for a customer: the sentence to say, and how many purchases it is away."""

    programme: str
    text: str
    remaining: int


class Programme(VersionedShape):
    """A programme; `parameters` are those of its kind."""

    id: str
    name: str
    kind: ProgrammeKind
    parameters: dict[str, Any]
    active: bool


class Redemption(VersionedShape):
    """A reward taken, or waiting for approval. `spent` counts purchases, points or years."""

    id: str
    customer: Named
    programme: str
    state: RedemptionState
    spent: int
    worth: Money | None = Field(description="Where it is known in money: points, fixed amounts.")
    note: str
    call: str | None
    by: Named | None
    at: Time
    redeemed_at: Time | None
    decided_by: Named | None
    decided_at: Time | None
    reason: str


def programme(row: loyalty.Programme) -> Programme:
    """This programme as an object."""
    return Programme(**row.model_dump(include=set(Programme.model_fields)))


def redemptions(session: Session, rows: Sequence[loyalty.Redemption]) -> list[Redemption]:
    """These redemptions as objects, in this order; whom they name is loaded once for all."""
    people = named(session, User, {key for row in rows for key in (row.created_by, row.decided_by) if key})
    customers = named(session, Customer, {row.customer_id for row in rows})
    return [
        Redemption(
            **row.model_dump(
                include={
                    "id",
                    "state",
                    "spent",
                    "note",
                    "redeemed_at",
                    "decided_at",
                    "reason",
                    "version",
                }
            ),
            customer=customers[row.customer_id],
            programme=row.programme_id,
            worth=worth(row),
            call=row.on_call,
            by=people.get(row.created_by or ""),
            at=row.created_at,
            decided_by=people.get(row.decided_by or ""),
        )
        for row in rows
    ]


def worth(row: loyalty.Redemption) -> Money | None:
    """What a redemption was worth, where that is known in money."""
    if row.worth is None or row.currency is None:
        return None
    return Money.model_construct(amount=row.worth, currency=row.currency)
