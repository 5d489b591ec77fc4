"""What customers are worth: whatever is done in whatever order, it is what a recount says."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.base.errors import RefusedByRule
from callcrm.base.money import Money
from callcrm.crm import merge
from callcrm.crm.purchases import purchases, worth
from callcrm.crm.purchases.objects import Payment
from callcrm.crm.purchases.purchases import NewPurchase
from callcrm.crm.seams import SEAMS
from callcrm.models.crm.purchase import CustomerWorth, Purchase, PurchaseReturn
from tests.shop import NOON, Shop

CURRENCIES = ("USD", "EUR", "JPY")
STEPS = 60


def kept(session: Session) -> dict[tuple[str, str], Any]:
    return {
        (row.customer_id, row.currency): (row.purchases, row.spent, row.returned, row.first_at, row.last_at)
        for row in session.exec(select(CustomerWorth))
        if row.purchases
    }


def counted(session: Session) -> dict[tuple[str, str], Any]:
    """The same, counted slowly from what there is."""
    sums: dict[tuple[str, str], Any] = {}
    for row in session.exec(select(Purchase)):
        came_back = session.exec(
            select(PurchaseReturn.amount).where(PurchaseReturn.purchase_id == row.id)
        ).all()
        assert row.returned == sum(came_back) <= row.amount
        key = row.customer_id, row.currency
        count, spent, returned, first, last = sums.get(key, (0, 0, 0, row.at, row.at))
        sums[key] = (
            count + 1,
            spent + row.amount,
            returned + row.returned,
            min(first, row.at),
            max(last, row.at),
        )
    return sums


class Till:
    """Does one thing after the other with purchases."""

    def __init__(self, shop: Shop, random: Random) -> None:
        self.shop, self.random = shop, random
        self.customers = [shop.customer(name) for name in ("Mina", "Omid", "Sara")]
        self.moved: list[tuple[merge.Moved, str]] = []

    def step(self) -> None:
        verbs = (self.add, self.add, self.add, self.give_back, self.undo, self.undo_return, self.merge)
        self.shop.store.write_now(self.random.choice(verbs))

    def _one(self, session: Session, model: Any) -> Any:
        rows = session.exec(select(model).order_by(model.id)).all()
        return self.random.choice(rows) if rows else None

    def add(self, session: Session) -> None:
        amount = Money(amount=self.random.randint(1, 9999), currency=self.random.choice(CURRENCIES))
        at = NOON - timedelta(days=self.random.randint(0, 900))
        external_id = str(self.random.randint(1, 30)) if self.random.random() < 0.5 else None
        new = NewPurchase(total=amount, at=at, payment=Payment.CASH, external_id=external_id)
        purchases.add(session, self.random.choice(self.customers), new, by=None, now=NOON)

    def give_back(self, session: Session) -> None:
        if row := self._one(session, Purchase):
            total = Money(amount=self.random.randint(1, row.amount), currency=row.currency)
            try:
                purchases.give_back(session, row.id, total, at=NOON, by=None, now=NOON)
            except RefusedByRule:
                assert total.amount > row.amount - row.returned

    def undo(self, session: Session) -> None:
        if row := self._one(session, Purchase):
            purchases.undo(session, row.id, NOON)

    def undo_return(self, session: Session) -> None:
        if row := self._one(session, PurchaseReturn):
            purchases.undo_return(session, row.id, NOON)

    def merge(self, session: Session) -> None:
        if self.moved and self.random.random() < 0.5:
            merge.move_back(session, SEAMS, *self.moved.pop())
            return
        gone, stays = self.random.sample(self.customers, 2)
        self.moved.append((merge.move(session, SEAMS, gone, stays), gone))


@pytest.mark.parametrize("seed", range(4))
def test_after_anything_it_is_what_a_recount_says(shop: Shop, seed: int) -> None:
    till = Till(shop, Random(seed))
    for _ in range(STEPS):
        till.step()
        assert shop.store.read_now(kept) == shop.store.read_now(counted)


def test_a_recount_changes_nothing(shop: Shop) -> None:
    till = Till(shop, Random(7))
    for _ in range(STEPS):
        till.step()
    before = shop.store.read_now(kept)

    def recount(session: Session) -> None:
        worth.lock(session, till.customers)
        worth.recount(session, till.customers)

    shop.store.write_now(recount)
    assert shop.store.read_now(kept) == before
