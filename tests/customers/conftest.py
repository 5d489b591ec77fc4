"""What tests of customers share."""

import pytest

from callcrm.store.store import Store
from tests.customers.shop import Shop


@pytest.fixture
def shop(store: Store) -> Shop:
    """A business without customers yet."""
    return Shop(store)
