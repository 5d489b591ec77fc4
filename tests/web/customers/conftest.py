"""Fixtures of the tests of customers' pages: an agent, and a shop that knows its callers."""

from typing import Any

import pytest

from callcrm.customers import identity
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.page_client import PageClient, sign_in


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana Lane, who takes calls on an ordinary phone."""
    return sign_in(app, "Ana Lane", number="+12025550111")


class IdentifyingShop(Shop):
    """A shop whose calls are identified by the number, as incoming calls are."""

    def call(self, phone: str | None = None, minute: float = 0, **fields: Any) -> str:
        """The id of a call of the customer who has this number."""
        customer_id = self.store.read_now(lambda session: identity.resolve(session, phone, ()))
        return super().call(phone, minute, **{"customer_id": customer_id, **fields})


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """Writes customers and calls straight into the store."""
    return IdentifyingShop(app.services.store)
