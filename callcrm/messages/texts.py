"""How messages are named and searched: whom one is with, and the text its words are looked for in."""

from collections.abc import Mapping
from typing import Any

from callcrm.base import words
from callcrm.base.text import fold_text

MAX_PARTY = 255


def party(phone: str | None, address: str) -> str:
    """Whom a message is with: their number (E.164), else a short code or name as it is written, folded."""
    return phone or fold_text(address)[:MAX_PARTY]


def search_text(body: str, whom: str, details: Mapping[str, Any]) -> str:
    """The words of a message's text, names, places and number."""
    location, button = details.get("location") or {}, details.get("button") or {}
    parts = (
        body,
        details.get("profile_name"),
        button.get("text"),
        location.get("label"),
        location.get("address"),
        whom,
    )
    return words.search_text(" ".join(part for part in parts if part))
