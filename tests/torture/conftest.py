"""A kill wants a real disk."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder on the disk, where those of other tests may be in memory."""
    with tempfile.TemporaryDirectory(prefix="callcrm-torture-", dir="/var/tmp") as folder:
        yield Path(folder)
