"""What tests of agents share."""

import pytest

from callcrm.store.store import Store
from tests.agents.staffing import Floor


@pytest.fixture
def floor(store: Store) -> Floor:
    """The floor of a call centre nobody works in yet."""
    return Floor(store)
