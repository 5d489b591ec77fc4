"""axe-core on a page: its accessibility violations."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

SOURCE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def violations(page: Page | Frame) -> list[str]:
    """A line for each violation on the page; its context needs `bypass_csp`, for axe evaluates code."""
    page.evaluate(_source())
    report: dict[str, Any] = page.evaluate("axe.run(document, {iframes: false, resultTypes: ['violations']})")
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {node['failureSummary'][:300]}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]
