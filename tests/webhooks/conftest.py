"""A running house on each engine for the carrier's edge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, open_house, settings_for


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """The house of a small business."""
    with open_house(settings_for(database_url, tmp_path)) as house:
        yield house
