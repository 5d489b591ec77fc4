"""What programmes hold for customers: the API's offers, and what is said beside a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callcrm.base.money import Money
from callcrm.crm.loyalty.objects import Offer
from callcrm.crm.loyalty.parameters import Points
from callcrm.crm.loyalty.sentences import sentence
from callcrm.crm.loyalty.standing import Standing, active_standings
from callcrm.crm.noun import Reader
from callcrm.models.crm.loyalty import Programme

WITH_THIS_PURCHASE = 1


@dataclass(frozen=True, slots=True)
class Saying:
    """What to say of a programme, as pages show it.

    `is_due`: it can be redeemed now; `is_next`: this very purchase brings it, or it is a sum that is worth
    saying. `worth` is what a redemption takes off now, where that is known.
    """

    programme: Programme
    text: str
    remaining: int
    is_due: bool
    is_next: bool
    balance: int
    needed: int
    of: int
    points: int | None
    worth: Money | None
    pending: str | None
    needs_approval: bool


def offers(session: Session, reader: Reader, customer_ids: Sequence[str]) -> Mapping[str, list[Offer]]:
    """By customer: what there is for them and what comes next, the nearest first."""
    return {
        customer: [
            Offer(
                programme=shown.programme.id, text=sentence(reader.locale, shown), remaining=shown.remaining
            )
            for shown in _nearest(rows)
        ]
        for customer, rows in _standings(session, reader, customer_ids).items()
    }


def sayings(session: Session, reader: Reader, customer_id: str) -> list[Saying]:
    """What to say to one customer, the nearest first."""
    rows = _standings(session, reader, [customer_id]).get(customer_id, [])
    return [_saying(reader, shown) for shown in _nearest(rows)]


def _standings(session: Session, reader: Reader, ids: Sequence[str]) -> Mapping[str, list[Standing]]:
    return active_standings(session, ids, now=reader.now, zone=reader.locale.zone)


def _nearest(rows: Sequence[Standing]) -> list[Standing]:
    """Those that are there for the customer, or that purchases bring; of one distance in their order."""
    reachable = [row for row in rows if row.obstacle is None and (row.is_due or not row.counts_years)]
    return sorted(reachable, key=lambda row: row.remaining)


def _saying(reader: Reader, shown: Standing) -> Saying:
    is_points, spends = isinstance(shown.parameters, Points), shown.spends if shown.is_due else 0
    return Saying(
        programme=shown.programme,
        text=sentence(reader.locale, shown),
        remaining=shown.remaining,
        is_due=shown.is_due,
        is_next=shown.is_due or (shown.remaining == WITH_THIS_PURCHASE and not is_points),
        balance=max(0, shown.balance),
        needed=shown.needed,
        of=shown.needed if shown.counts_years else shown.needed + 1,
        points=spends if is_points else None,
        worth=shown.worth_of(spends) if shown.is_due else None,
        pending=shown.taken.pending,
        needs_approval=shown.parameters.needs_approval,
    )
