"""Fixtures of the pages' tests: the whole house, behind its real edges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, open_house, settings_for
from tests.set_clock import SetClock


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[House]:
    """A running house on the test's database, whose clock stands until it is moved."""
    with open_house(settings_for(database_url, tmp_path / "data"), clock) as house:
        yield house
