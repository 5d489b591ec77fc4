"""A town for every story."""

from pathlib import Path

import pytest

from tests.e2e.town import Tell, telling


@pytest.fixture
def tell(database_url: str, tmp_path: Path) -> Tell:
    """Lets a story happen, on each engine."""
    return telling(database_url, tmp_path)
