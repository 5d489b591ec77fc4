"""The pictures in docs are those of today's pages, and of nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PICTURES = TOP / "docs" / "pictures"
sys.path.insert(0, str(TOP / "scripts"))
picture_sources = pytest.importorskip("picture_sources")


def test_no_picture_is_older_than_its_page() -> None:
    command = [sys.executable, str(TOP / "scripts" / "pictures.py"), "--check"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_takes_exactly_the_pictures_there_are() -> None:
    taken = set(re.findall(r'take\(\w+, folder, "([^"]+)"\)', (TOP / "scripts" / "pictures.py").read_text()))
    assert taken == {path.stem for path in PICTURES.glob("*.png")} == set(picture_sources.PICTURED)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("TEMPLATES", "desk/panel/_ringing_bar.html"),
        ("TEMPLATES", "base.html"),
        ("STYLES", "desk/desk.css"),
        ("STYLES", "shared/tokens.css"),
    ],
)
def test_a_picture_is_old_as_soon_as_a_part_of_its_page_changes(
    folder: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = picture_sources.digest("desk-ringing")
    original = getattr(picture_sources, folder)
    for path in original.rglob("*.*"):
        copy = tmp_path / path.relative_to(TOP)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    with (tmp_path / original.relative_to(TOP) / name).open("a") as file:
        file.write(" ")
    monkeypatch.setattr(picture_sources, folder, tmp_path / original.relative_to(TOP))
    assert picture_sources.digest("desk-ringing") != before


def test_a_translation_changes_the_persian_pictures_alone() -> None:
    persian, english = picture_sources.digest("desk-fa"), picture_sources.digest("desk-call")
    assert persian != english
