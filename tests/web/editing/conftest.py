"""Two who edit the same, each with a form of their own."""

import html
import re
from typing import Any

import pytest

from tests.running_app import RunningApp
from tests.web.support.page_client import PageClient, sign_in, tags_on_one_line

INPUT = re.compile(r"<input [^>]*>")
AREA = re.compile(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)
CHOSEN = re.compile(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)" selected')


def attribute(tag: str, name: str) -> str | None:
    """An attribute of a tag; None without it."""
    match = re.search(rf'\b{name}(?:="([^"]*)")?(?=[\s>])', tag)
    return html.unescape(match[1] or "") if match else None


def fields_of(page: str, action: str) -> dict[str, Any]:
    """What a browser would send of the form with this action, as it stands."""
    text = tags_on_one_line(page)
    start = text.index(f'action="{action}"')
    form = text[text.rindex("<form", 0, start) : text.index("</form>", start)]
    fields: dict[str, Any] = {}
    for tag in INPUT.findall(form):
        name, kind = attribute(tag, "name"), attribute(tag, "type")
        if name and (kind not in ("radio", "checkbox") or attribute(tag, "checked") is not None):
            fields[name] = attribute(tag, "value") or ""
    for name, body in AREA.findall(form):
        fields[name] = html.unescape(body)
    for name, body in CHOSEN.findall(form):
        option = OPTION.search(body)
        fields[name] = html.unescape(option[1]) if option else ""
    fields.pop("csrf", None)
    return fields


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An administrator, who saves first."""
    return sign_in(app, "Ana", "admin")


@pytest.fixture
def ben(app: RunningApp) -> PageClient:
    """Another, who had the form open meanwhile."""
    return sign_in(app, "Ben", "admin")
