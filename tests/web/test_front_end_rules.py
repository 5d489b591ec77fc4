"""Style sheets, templates and scripts: contrast, text direction, and rules that keep pages safe."""

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
BACKGROUNDS = ("ground", "surface", "sunken", "hover")
TEXT_PAIRS = [(ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent-ink") for ground in BACKGROUNDS]
TEXT_PAIRS += [
    (f"{state}-ink", ground) for state in ("live", "wait", "lost") for ground in (f"{state}-wash", "surface")
]
TEXT_PAIRS += [(f"{tier}-ink", f"{tier}-wash") for tier in ("gold", "silver", "bronze")]
TEXT_PAIRS += [
    ("on-accent", "accent"),
    ("on-accent", "accent-deep"),
    ("on-live", "live"),
    ("on-live", "live-deep"),
]
TEXT_PAIRS += [("on-lost", "lost"), ("on-lost", "lost-deep"), ("accent-ink", "accent-wash")]
SHAPE_PAIRS = [("edge", "surface"), ("edge", "sunken"), ("accent", "surface"), ("live", "surface")]
SHAPE_PAIRS += [("wait", "surface"), ("lost", "surface"), ("accent-ink", "ground")]
PHYSICAL = re.compile(
    r"(?<![a-z-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom"
    r"|(?:min-|max-)?(?:width|height)|text-align:\s*(?:left|right)|float)\s*:"
)


def _rgb(name: str, theme: int) -> tuple[float, float, float]:
    value = COLOURS[name]
    hexes = re.findall(r"#[0-9a-f]{6}", value)
    hex_value = hexes[theme if len(hexes) > 1 else 0]
    return tuple(int(hex_value[start : start + 2], 16) / 255 for start in (1, 3, 5))  # type: ignore[return-value]


def _luminance(colour: tuple[float, float, float]) -> float:
    parts = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(foreground: str, background: str, theme: int) -> float:
    darker, lighter = sorted((_luminance(_rgb(foreground, theme)), _luminance(_rgb(background, theme))))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS, ids=lambda name: str(name))
def test_text_has_enough_contrast(ink: str, ground: str, theme: int) -> None:
    assert _contrast(ink, ground, theme) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS, ids=lambda name: str(name))
def test_controls_and_states_have_enough_contrast(shape: str, ground: str, theme: int) -> None:
    assert _contrast(shape, ground, theme) >= 3


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_styles_use_logical_directions_only(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    rules = re.sub(r"@media[^{]*|@font-face\s*{[^}]*}", "", rules)
    assert PHYSICAL.findall(rules) == []


@pytest.mark.parametrize(
    "sheet", [sheet for sheet in SHEETS if sheet.name != "tokens.css"], ids=lambda p: p.name
)
def test_styles_use_the_colours_of_tokens_css(sheet: Path) -> None:
    colours = re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*{)", sheet.read_text(encoding="utf-8"))
    assert len(colours) <= OTHER_COLOURS.get(sheet.name, 0), colours


# Sheets may have so many colours of their own: a phone's screen or a toast is alike in both themes.
OTHER_COLOURS = {"demo.css": 6, "components.css": 4, "replay.css": 2}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_inline_code_and_escape_every_text(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", text)
    assert not re.search(r"\|\s*safe\b|autoescape false", text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_build_no_html_from_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert not re.search(
        r"\.(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
