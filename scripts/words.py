"""Gather what the pages say into the catalogues of the other languages.

    python scripts/words.py [--check]

Keeps every translation there is; what is new stays empty until somebody translates it. `--check` writes
nothing and fails if a catalogue is not up to date.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

TOP = Path(__file__).parents[1]
LOCALE = TOP / "callcrm" / "locale"
# A failure's text is for people too: whoever raises one gives it its words.
FAILURES = (
    "Refused",
    "NotFound",
    "RefusedByRule",
    "Conflict",
    "DecidedMeanwhile",
    "KeptForSomebodyElse",
    "Forbidden",
    "TooLarge",
    "TooMany",
    "Unavailable",
    "CarrierUnknown",
)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "WrongCell": (2,),  # after the name of the field
    **dict.fromkeys(FAILURES),
}
# Programs read English: what these say is not translated. A new package is, without being named here.
ENGLISH_ONLY = {"api", "cli", "simulator"}
# What babel writes into the head of a catalogue that tells a reader nothing.
UNSTEADY = tuple(
    f'"{name}'
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
# A template with a tag unknown here would be left out without a word: the same extensions as the pages have.
TEMPLATE_OPTIONS = {"**.html": {"trim_blocks": "true", "extensions": "jinja2.ext.do", "silent": "false"}}
TEMPLATES = [("**.html", "jinja2.ext.babel_extract")]
CODE = [("**.py", "python")]


def gathered() -> Catalog:
    """Everything the pages say, as the code and templates have it now."""
    catalog = Catalog(project="callcrm", charset="utf-8")
    for place, line, message, comments, context in extracted():
        catalog.add(message, None, [(place, line)], auto_comments=comments, context=context)
    return catalog


def extracted() -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    """Each text where it stands: file, line, the text or its two forms, comments and context."""
    for folder, method in _folders():
        for file, *rest in extract_from_dir(folder, method, TEMPLATE_OPTIONS, KEYWORDS):
            yield (folder / file).relative_to(TOP).as_posix(), *rest


def _folders() -> Iterator[tuple[Path, list[tuple[str, str]]]]:
    yield TOP / "templates", TEMPLATES
    for package in sorted((TOP / "callcrm").iterdir()):
        if (package / "__init__.py").is_file() and package.name not in ENGLISH_ONLY:
            yield package, CODE


def updated(path: Path) -> Catalog:
    """The catalogue at this path with what is said now, and nothing else."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.parts[-3])
    catalog.update(gathered(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> bytes:
    """The text of a catalogue; places without lines, so that it changes only with the words."""
    text = BytesIO()
    write_po(text, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)
    lines = text.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(UNSTEADY)).encode()


def main() -> int:
    """Write or check the catalogues; how many are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = 0
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/messages.po")):
        text = written(updated(path))
        if text == path.read_bytes():
            continue
        stale += 1
        if not arguments.check:
            path.write_bytes(text)
    return stale if arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
