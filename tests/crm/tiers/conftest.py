"""A shop with customers who bought something."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.crm.tiers import standing
from callcrm.models.crm.purchase import CustomerWorth, Purchase
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import do

NUMBERS = count(1)


@pytest.fixture
def app(database_url: str, tmp_path: Any, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


def purchase(customer: str, at: datetime, amount: int = 1000, **more: Any) -> Purchase:
    """Something bought for $10."""
    values = {"currency": "USD", "returned": 0, "payment": "card", **more}
    return Purchase(
        id=f"pur_{next(NUMBERS)}", customer_id=customer, at=at, amount=amount, created_at=at, **values
    )


@dataclass
class Shop:
    """Customers and what they bought, over the API where it can be."""

    app: RunningApp
    clock: SetClock

    def customer(self, name: str = "Mina", **fields: Any) -> str:
        response = self.app.send("POST", "/customers", {"name": name, **fields})
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def buys(self, customer: str, times: int = 1, *, days_ago: float = 1, **more: Any) -> None:
        """So many purchases, as the verbs of purchases keep them."""
        at = self.clock.now() - timedelta(days=days_ago)

        def verb(session: Session) -> None:
            rows = [purchase(customer, at, **more) for _ in range(times)]
            session.add_all(rows)
            keep_worth(session, customer, rows)
            standing.update(session, [customer], self.clock.now())

        do(self.app, verb)

    def tier(self, customer: str) -> tuple[str | None, str | None]:
        """The customer's tier and why."""
        shown = self.app.get(f"/customers/{customer}")
        return shown["tier"], shown["tier_reason"]

    def puts(self, *tiers: dict[str, Any], status: int = 200, **headers: str) -> Any:
        """Replaces the tiers."""
        response = self.app.send("PUT", "/tiers", list(tiers), **headers)
        assert response.status_code == status, response.text
        return response.json()


def keep_worth(session: Session, customer: str, rows: list[Purchase]) -> None:
    """Counts purchases as their own verbs do."""
    for row in rows:
        worth = session.get(CustomerWorth, (customer, row.currency)) or CustomerWorth(
            customer_id=customer,
            currency=row.currency,
            purchases=0,
            spent=0,
            returned=0,
            first_at=row.at,
            last_at=row.at,
        )
        worth.purchases += 1
        worth.spent += row.amount
        session.add(worth)


def tier(code: str, rank: int, rule: dict[str, Any] | None = None, **benefits: Any) -> dict[str, Any]:
    """A tier as the API takes it."""
    return {"code": code, "name": code.title(), "rank": rank, "rule": rule or {}, "benefits": benefits}


@pytest.fixture
def shop(app: RunningApp, clock: SetClock) -> Shop:
    return Shop(app, clock)
