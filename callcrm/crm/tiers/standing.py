"""The tier that a customer's facts put them in, kept with them: written only where it changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from callcrm.business.decided import tiers_in_force
from callcrm.business.tiers import Tiers
from callcrm.crm.tiers import facts as purchases
from callcrm.crm.tiers import rules
from callcrm.crm.tiers.rules import Facts, Standing
from callcrm.models import Customer
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import CustomerWorth
from callcrm.models.crm.tier import TierStanding
from callcrm.store.batches.among import among
from callcrm.store.batches.writes import insert_rows, update_rows

CUSTOMER, STANDING = table_of(Customer), table_of(TierStanding)
_PRESENT = (
    select(
        CUSTOMER.c.id,
        CUSTOMER.c.tier,
        CUSTOMER.c.tier_by_hand,
        STANDING.c.customer_id,
        STANDING.c.tier,
        STANDING.c.facts,
    )
    .select_from(CUSTOMER.outerjoin(STANDING, STANDING.c.customer_id == CUSTOMER.c.id))
    .order_by(CUSTOMER.c.id)
)
_LOCKED = _PRESENT.where(among(CUSTOMER.c.id)).with_for_update(of=CUSTOMER, key_share=True)
_RANGE = _PRESENT.where(CUSTOMER.c.id > bindparam("after"), CUSTOMER.c.id <= bindparam("last"))
_LOCKED_RANGE = _RANGE.with_for_update(of=CUSTOMER, key_share=True)
# A customer may have many thousands: whoever writes meanwhile waits for no more than these.
MOST_CUSTOMERS, MOST_PURCHASES = 250, 5_000
_PURCHASES = (
    select(func.coalesce(func.sum(col(CustomerWorth.purchases)), 0))
    .where(col(CustomerWorth.customer_id) == CUSTOMER.c.id)
    .scalar_subquery()
)
_NEXT = (
    select(CUSTOMER.c.id, _PURCHASES)
    .where(CUSTOMER.c.id > bindparam("after"))
    .order_by(CUSTOMER.c.id)
    .limit(MOST_CUSTOMERS)
)


@dataclass(frozen=True, slots=True)
class Present:
    """A customer as stored: their tier, and what the rules said of them last; `kept` is false for never."""

    customer_id: str
    tier: str | None
    by_hand: bool
    kept: bool
    standing: Standing


def update(session: Session, customer_ids: Collection[str], now: datetime) -> None:
    """Puts these customers into the tier that their purchases give them; for verbs that change purchases.

    A tier set by hand stays; what the rules say is kept beside it.
    """
    tiers = tiers_in_force(session)
    if not tiers.items or not customer_ids:
        return
    session.flush()
    ids = sorted(set(customer_ids))
    # Locked before anything is added up: of two purchases at once, the second sees the first.
    present = _rows(session, _LOCKED, keys=ids)
    write(session, tiers, present, purchases.of_customers(session, tiers.items, ids, now), now)


def next_batch(session: Session, after: str, *, lock: bool) -> list[Present]:
    """The customers after this id, as stored, the first of them: so many that their purchases are soon added
    up. With `lock`, nobody else changes them before the commit.
    """
    ids = _few(session, after)
    if not ids:
        return []
    return _rows(session, _LOCKED_RANGE if lock else _RANGE, after=after, last=ids[-1])


def everybody(session: Session) -> list[Present]:
    """All customers, as stored."""
    return _rows(session, _PRESENT)


def _few(session: Session, after: str) -> list[str]:
    ids: list[str] = []
    purchases_of_them = 0
    for customer, count in session.connection().execute(_NEXT, {"after": after}):
        purchases_of_them += count
        if ids and purchases_of_them > MOST_PURCHASES:
            break
        ids.append(customer)
    return ids


def _rows(session: Session, statement: Any, **whose: Any) -> list[Present]:
    rows = session.connection().execute(statement, whose).all()
    return [
        Present(customer, tier, bool(by_hand), kept is not None, Standing(ruled, facts or {}))
        for customer, tier, by_hand, kept, ruled, facts in rows
    ]


def write(
    session: Session, tiers: Tiers, present: Iterable[Present], facts: Mapping[str, Facts], now: datetime
) -> int:
    """Writes what the rules now say of these customers, where it is something else; returns how many rows."""
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    nobody = rules.standing(tiers.items, Facts(), now)
    for row in present:
        own_facts = facts.get(row.customer_id)
        wanted = nobody if own_facts is None else rules.standing(tiers.items, own_facts, now)
        if wanted != row.standing:
            (changed if row.kept else added).append(_values(row, wanted, now))
        if not row.by_hand and row.tier != wanted.tier:
            moved.append({"id": row.customer_id, "tier": wanted.tier})
    _write(session, added, changed, moved)
    return len(added) + len(changed) + len(moved)


def _values(row: Present, standing: Standing, now: datetime) -> dict[str, Any]:
    return {
        "customer_id": row.customer_id,
        "tier": standing.tier,
        "facts": dict(standing.facts),
        "changed_at": now,
    }


def _write(
    session: Session,
    added: Sequence[dict[str, Any]],
    changed: Sequence[dict[str, Any]],
    moved: Sequence[dict[str, Any]],
) -> None:
    insert_rows(session, STANDING, added)
    update_rows(session, STANDING, "customer_id", changed)
    update_rows(session, CUSTOMER, "id", moved)
    for row in moved:  # objects of these customers that the verb holds
        held = session.identity_map.get(session.identity_key(Customer, row["id"]))
        if held is not None:
            session.expire(held, ["tier", "version"])
