"""What the look promises of colours, and the rules that keep pages safe and both directions free."""

import re
from pathlib import Path

import pytest

from callcrm.paths import folder
from callcrm.web.assets import STATIC

TOKENS = (STATIC / "css" / "shared" / "tokens.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([a-z0-9-]+):\s*(light-dark\([^)]*\)|#[0-9a-f]{6})", TOKENS))
SHEETS = sorted((STATIC / "css").rglob("*.css"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
TEMPLATES = sorted(folder("templates").rglob("*.html"))
GROUNDS = ("ground", "surface", "sunken", "hover")
TEXT = [(ink, on) for ink in ("ink", "ink-2", "ink-3", "accent-ink") for on in GROUNDS]
TEXT += [(f"{state}-ink", on) for state in ("live", "wait", "lost") for on in (f"{state}-wash", "surface")]
TEXT += [(f"{tier}-ink", f"{tier}-wash") for tier in ("gold", "silver", "bronze")]
TEXT += [("on-accent", "accent"), ("on-accent", "accent-deep"), ("on-live", "live"), ("on-live", "live-deep")]
TEXT += [("on-lost", "lost"), ("on-lost", "lost-deep"), ("accent-ink", "accent-wash")]
SHAPES = [("edge", "surface"), ("edge", "sunken"), ("accent", "surface"), ("live", "surface")]
SHAPES += [("wait", "surface"), ("lost", "surface"), ("accent-ink", "ground")]
PHYSICAL = re.compile(
    r"(?<![a-z-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom"
    r"|(?:min-|max-)?(?:width|height)|text-align:\s*(?:left|right)|float)\s*:"
)


def _shade(name: str, theme: int) -> tuple[float, float, float]:
    value = COLOURS[name]
    hexes = re.findall(r"#[0-9a-f]{6}", value)
    shade = hexes[theme if len(hexes) > 1 else 0]
    return tuple(int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5))  # type: ignore[return-value]


def _light(colour: tuple[float, float, float]) -> float:
    parts = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(one: str, other: str, theme: int) -> float:
    darker, lighter = sorted((_light(_shade(one, theme)), _light(_shade(other, theme))))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "on"), TEXT, ids=lambda name: str(name))
def test_text_can_be_read(ink: str, on: str, theme: int) -> None:
    assert _contrast(ink, on, theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "on"), SHAPES, ids=lambda name: str(name))
def test_controls_and_states_stand_out(shape: str, on: str, theme: int) -> None:
    assert _contrast(shape, on, theme) >= 3


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_styles_know_no_left_and_right(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    rules = re.sub(r"@media[^{]*|@font-face\s*{[^}]*}", "", rules)
    assert PHYSICAL.findall(rules) == []


@pytest.mark.parametrize("sheet", [one for one in SHEETS if one.name != "tokens.css"], ids=lambda p: p.name)
def test_styles_take_their_colours_from_the_tokens(sheet: Path) -> None:
    loose = re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*{)", sheet.read_text(encoding="utf-8"))
    assert len(loose) <= LOOSE.get(sheet.name, 0), loose


# A telephone's screen, a toast and what lies on a filled bar are the same in both themes.
LOOSE = {"demo.css": 6, "components.css": 4, "replay.css": 2}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_nothing_inline_and_trust_no_text(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    assert not re.search(r"\|\s*safe\b|autoescape false", text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_html_of_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(
        r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
