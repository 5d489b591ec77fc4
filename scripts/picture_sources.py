"""What the pictures of README and docs are drawn from, and whether it has changed since.

A picture has changed when a template, a style sheet, a translation or the invented people on it have: pixels
differ with every font and every second.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, meta

from callcrm.base.clock import SystemClock
from callcrm.i18n.locale import Locale
from callcrm.web.templates import environment

TOP = Path(__file__).parents[1]
PICTURES = TOP / "docs" / "pictures"
RECORD = PICTURES / "drawn-from.json"
TEMPLATES, STYLES = TOP / "templates", TOP / "callcrm" / "static" / "css"
# Whatever the scripts take pictures of: the page's template, and its language.
PICTURED = {
    "demo": ("demo/demo.html", "en"),
    "desk-ringing": ("desk/desk.html", "en"),
    "desk-call": ("desk/desk.html", "en"),
    "desk-fa": ("desk/desk.html", "fa"),
    "desk-fa-narrow": ("desk/desk.html", "fa"),
    "customer": ("customers/customer.html", "en"),
    "call": ("calls/call.html", "en"),
    "calls-dark": ("calls/calls.html", "en"),
}
# Parts that nouns name in Python, where no template does.
BY_NOUNS = ("promises/_beside_call.html", "promises/_of_customer.html")
ALWAYS = (
    TOP / "scripts" / "pictures.py",
    TOP / "callcrm" / "demo" / "sample_data" / "people.py",
    TOP / "callcrm" / "demo" / "sample_data" / "sample_texts.py",
)
LITERAL = re.compile(r"""["'](?:css/)?([a-z/-]+?)(?:\.css)?["']""")


def templates_of(page: str) -> list[str]:
    """The template and all that it extends, includes and imports, however deep."""
    jinja = _environment("en")
    seen: dict[str, None] = {}
    waiting = [page, *BY_NOUNS]
    while waiting:
        name = waiting.pop()
        if name in seen or not (TEMPLATES / name).is_file():
            continue
        seen[name] = None
        tree = jinja.parse((TEMPLATES / name).read_text())
        waiting += [other for other in meta.find_referenced_templates(tree) if other]
    return sorted(seen)


def styles_of(templates: list[str]) -> list[str]:
    """The style sheets that these templates name."""
    named = {match for name in templates for match in LITERAL.findall((TEMPLATES / name).read_text())}
    return sorted(name for name in named if (STYLES / f"{name}.css").is_file())


def digest(picture: str) -> str:
    """A hash of all that the picture is drawn from."""
    page, language = PICTURED[picture]
    templates = templates_of(page)
    files = [TEMPLATES / name for name in templates] + [
        STYLES / f"{name}.css" for name in styles_of(templates)
    ]
    result = hashlib.sha256()
    for path in (*files, *ALWAYS):
        result.update(f"{path.name}\n".encode() + path.read_bytes())
    for text in _translations(templates, language):
        result.update(text.encode())
    return result.hexdigest()[:16]


def _translations(templates: list[str], language: str) -> Iterator[str]:
    if language == "en":
        return
    jinja, locale = _environment(language), _locale(language)
    for name in templates:
        for _, function, message in jinja.extract_translations((TEMPLATES / name).read_text()):  # type: ignore[attr-defined]
            singular, plural, *_ = message if isinstance(message, tuple) else (message, message)
            # By gettext() some Pythons find no text that has a plural.
            texts = {locale.catalogue.gettext(singular), locale.catalogue.ngettext(singular, plural, 1)}
            texts = texts - {singular} or {singular}
            yield f"{function} {singular} {sorted(texts)}\n"


def _environment(language: str) -> Environment:
    return environment(_locale(language))


def _locale(language: str) -> Locale:
    return Locale(language, ZoneInfo("UTC"), "US", SystemClock().now)


def record() -> None:
    """Writes down what the pictures are drawn from now."""
    RECORD.write_text(json.dumps({name: digest(name) for name in sorted(PICTURED)}, indent=2) + "\n")


def outdated() -> list[str]:
    """The pictures whose pages have changed since they were taken."""
    taken = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return [name for name in sorted(PICTURED) if taken.get(name) != digest(name)]
