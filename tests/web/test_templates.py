"""Templates: short lines, small files, in folders that mirror callcrm/web; none that nobody uses."""

import re
from pathlib import Path
from statistics import median

from callcrm.paths import PACKAGE, folder

ROOT = folder("templates")
TEMPLATES = sorted(ROOT.rglob("*.html"))
FOLDERS = sorted({path.parent for path in TEMPLATES})
WIDEST, LONGEST, MEDIAN, MOST = 120, 100, 30, 15
USED = re.compile(r'"((?:[a-z_]+/)*[a-z_]+\.html)"')
CHOSEN = re.compile(r'"((?:[a-z_]+/)+_)%s\.html" %')
# Rooms that are not the HTML edge's own: what all share, and the demo.
ELSEWHERE = {"shared", "demo"}


def name(path: Path) -> str:
    """As a handler or another template names it."""
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> list[str]:
    """What is written in it."""
    return path.read_text(encoding="utf-8").splitlines()


def test_a_template_is_read_in_one_look() -> None:
    assert [name(path) for path in TEMPLATES if len(lines(path)) > LONGEST] == []
    assert [name(path) for path in TEMPLATES if max(map(len, lines(path))) > WIDEST] == []
    assert median(len(lines(path)) for path in TEMPLATES) <= MEDIAN


def test_no_folder_is_full() -> None:
    assert [place for place in FOLDERS if len(list(place.glob("*.html"))) > MOST] == []


def test_rooms_are_those_of_the_html_edge() -> None:
    rooms = {place.relative_to(ROOT).parts[0] for place in FOLDERS if place != ROOT}
    assert rooms - ELSEWHERE <= {place.name for place in (PACKAGE / "web").iterdir() if place.is_dir()}


def test_parts_extend_nothing_and_pages_extend_a_frame() -> None:
    wrong = []
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        extends, macros = "{% extends" in text, "{% macro" in text
        is_page = not path.name.startswith("_") and not macros and name(path) != "base.html"
        wrong += [name(path)] if extends != is_page else []
    assert wrong == []


def test_every_template_is_used() -> None:
    sources = [*TEMPLATES, *PACKAGE.rglob("*.py")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    chosen = tuple(CHOSEN.findall(texts))
    unused = {name(path) for path in TEMPLATES} - set(USED.findall(texts))
    assert {path for path in unused if not path.startswith(chosen)} == set()
