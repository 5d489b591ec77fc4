"""Templates: short lines, small files, in folders that mirror callcrm/web, all of them used."""

import re
from pathlib import Path
from statistics import median

from callcrm.paths import PACKAGE, folder

ROOT = folder("templates")
TEMPLATES = sorted(ROOT.rglob("*.html"))
FOLDERS = sorted({path.parent for path in TEMPLATES})
WIDEST, LONGEST, MEDIAN, MOST_FILES = 120, 100, 30, 15
FRAMES = ("base.html", "forms/frame.html")  # of our pages, and of those for people from outside
TEMPLATE_NAME = re.compile(r'"((?:[a-z_]+/)*[a-z_]+\.html)"')
FORMATTED_NAME = re.compile(r'"((?:[a-z_]+/)+_)%s\.html" %')
SECTION = re.compile(r"(?P<tag><section\b[^>]*>)(?P<body>.*?)</section>", re.DOTALL)
# Folders without a package in callcrm/web: what all share, and the demo.
OTHER_FOLDERS = {"shared", "demo"}


def name(path: Path) -> str:
    """The template's name, as handlers and other templates use it."""
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> list[str]:
    """The lines of the template."""
    return path.read_text(encoding="utf-8").splitlines()


def width(line: str) -> int:
    """The length of a line without a text in it that is a line long itself: it can't be broken."""
    return len(re.sub(r'"[^"]{80,}"', '""', line))


def test_templates_are_short() -> None:
    assert [name(path) for path in TEMPLATES if len(lines(path)) > LONGEST] == []
    assert [name(path) for path in TEMPLATES if max(map(width, lines(path))) > WIDEST] == []
    assert median(len(lines(path)) for path in TEMPLATES) <= MEDIAN


def test_no_folder_has_too_many_templates() -> None:
    assert [
        folder_path for folder_path in FOLDERS if len(list(folder_path.glob("*.html"))) > MOST_FILES
    ] == []


def test_template_folders_mirror_callcrm_web() -> None:
    names = {folder_path.relative_to(ROOT).parts[0] for folder_path in FOLDERS if folder_path != ROOT}
    assert names - OTHER_FOLDERS <= {
        folder_path.name for folder_path in (PACKAGE / "web").iterdir() if folder_path.is_dir()
    }


def test_parts_extend_nothing_and_pages_extend_a_frame() -> None:
    faults = []
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        extends, macros = "{% extends" in text, "{% macro" in text
        is_page = not path.name.startswith("_") and not macros and name(path) not in FRAMES
        faults += [name(path)] if extends != is_page else []
    assert faults == []


def test_every_template_is_used() -> None:
    sources = [*TEMPLATES, *PACKAGE.rglob("*.py")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    prefixes = tuple(FORMATTED_NAME.findall(texts))
    unused = {name(path) for path in TEMPLATES} - set(TEMPLATE_NAME.findall(texts))
    assert {path for path in unused if not path.startswith(prefixes)} == set()


def test_every_section_has_a_name_or_a_heading() -> None:
    assert [
        (name(path), section["tag"])
        for path in TEMPLATES
        for section in SECTION.finditer(path.read_text(encoding="utf-8"))
        if "aria-label" not in section["tag"] and not re.search("<h[1-6]", section["body"])
    ] == []
