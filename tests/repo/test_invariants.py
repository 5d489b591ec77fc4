"""docs/invariants.md and the table of the trials name tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"`(test_\w+)` \| (tests/[\w/]+\.py) \|", (ROOT / "docs" / "invariants.md").read_text(encoding="utf-8")
)


def test_the_page_names_something() -> None:
    assert len(ROWS) > 25


@pytest.mark.parametrize(("name", "file"), ROWS, ids=[name for name, _ in ROWS])
def test_every_test_on_the_page_exists(name: str, file: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_test_of_the_trials_exists() -> None:
    page = (ROOT / "docs" / "quality" / "trials.md").read_text(encoding="utf-8")
    named = re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", page)
    assert len(named) > 60
    missing = [
        (file, name)
        for file, name in named
        if not (ROOT / file).is_file() or f"def {name}" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
