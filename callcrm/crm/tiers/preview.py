"""How many customers a change of the tiers would move, before it is made."""

from asyncio import Lock
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from weakref import WeakKeyDictionary

from pydantic import Field
from sqlmodel import Session

from callcrm.base.objects import Shape
from callcrm.business.tiers import Tier
from callcrm.crm.tiers import facts, rules, standing
from callcrm.crm.tiers.rules import Facts
from callcrm.store.store import Store

Moves = Counter[tuple[str | None, str | None]]
_ONE_AT_A_TIME: WeakKeyDictionary[Store, Lock] = WeakKeyDictionary()


class Move(Shape):
    """So many customers of one tier who would be in another; null is none."""

    from_: str | None = Field(serialization_alias="from")
    to: str | None
    customers: int


class Preview(Shape):
    """What a change of the tiers would do, the most frequent first, and how many customers there are."""

    moves: list[Move]
    customers: int


async def preview(store: Store, tiers: Sequence[Tier], now: datetime) -> Preview:
    """How many customers would be in another tier with these rules. It reads them a few at a time, as the
    nightly run does, and one preview waits for the other: whoever reads meanwhile waits for little.
    """
    pairs: Moves = Counter()
    async with _ONE_AT_A_TIME.setdefault(store, Lock()):
        after: str | None = ""
        while after is not None:
            after, batch = await store.read(partial(_count, tiers=tiers, after=after, now=now))
            pairs += batch
    moves = [
        Move(from_=before, to=to, customers=count)
        for (before, to), count in pairs.most_common()
        if before != to
    ]
    return Preview(moves=moves, customers=pairs.total())


def _count(session: Session, tiers: Sequence[Tier], after: str, now: datetime) -> tuple[str | None, Moves]:
    """By tier before and after, the customers of one batch; and where it ended, None at the end of all."""
    batch = standing.next_batch(session, after, lock=False)
    if not batch:
        return None, Counter()
    last = batch[-1].customer_id
    bought = facts.of_range(session, tiers, after, last, now)
    nobody = rules.standing(tiers, Facts(), now).tier
    counted: Moves = Counter()
    for row in batch:
        own_facts = bought.get(row.customer_id)
        wanted = nobody if own_facts is None else rules.standing(tiers, own_facts, now).tier
        counted[(row.tier, row.tier if row.by_hand else wanted)] += 1
    return last, counted
