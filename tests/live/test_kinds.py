"""The list of live events is the only one, and what listens to it listens to what there is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcrm.api.live_frames import RENDERERS
from callcrm.live.kinds import PAGE_KINDS, LiveKind
from callcrm.models import LiveEvent
from callcrm.models.conventions import table_of
from callcrm.paths import PACKAGE, folder

TOP = PACKAGE.parent
HERE = PACKAGE / "live" / "kinds.py"
# What the script says of the page itself: a gap is over, the connection has changed, other callers wait.
PAGES_OWN = {"again", "state", "waiting"}
IN_TEMPLATES = re.compile(r"\blive:([a-z.-]+)")
ON_LIVE = re.compile(r"\bonLive\(\[(.*?)\]", re.DOTALL)
QUOTED = re.compile(r'"([^"]+)"')


def _texts(path: Path) -> Iterator[str]:
    """The texts a Python file holds."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_no_kind_is_written_anywhere_else() -> None:
    files = [*PACKAGE.rglob("*.py"), *(TOP / "webhooks").rglob("*.py")]
    again = [
        f"{path}: {text}" for path in files if path != HERE for text in _texts(path) if text in set(LiveKind)
    ]
    assert again == []


def _listeners() -> Iterator[tuple[str, str]]:
    """Every name that a template or a script listens to, with the file it stands in."""
    for path in folder("templates").rglob("*.html"):
        yield from ((name, path.name) for name in IN_TEMPLATES.findall(path.read_text(encoding="utf-8")))
    for path in (PACKAGE / "static" / "js").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        named = [
            *IN_TEMPLATES.findall(text),
            *(n for names in ON_LIVE.findall(text) for n in QUOTED.findall(names)),
        ]
        yield from ((name, path.name) for name in named)


def test_a_message_is_shown_to_everybody_and_is_no_event_of_the_api() -> None:
    assert [kind for kind in LiveKind if kind.everybody] == ["message.updated"]
    assert LiveKind.MESSAGE_UPDATED not in RENDERERS


def test_what_templates_and_scripts_listen_to_is_told_to_pages() -> None:
    listened = list(_listeners())
    assert {name for name, _ in listened} >= {"call.offered", "call.updated", "call.ended", "again"}
    assert [listener for listener in listened if listener[0] not in {*PAGE_KINDS, *PAGES_OWN}] == []


def test_only_those_who_are_rung_get_an_offer_and_no_page_the_end_of_a_session() -> None:
    assert [kind for kind in LiveKind if not kind.supervisors] == ["call.offered", "session.ended"]
    assert [kind for kind in LiveKind if not kind.pages] == ["session.ended"]


@pytest.mark.parametrize("kind", LiveKind)
def test_a_kind_fits_its_column_and_a_streams_field(kind: LiveKind) -> None:
    assert len(kind) <= table_of(LiveEvent).c.kind.type.length  # type: ignore[attr-defined]  # it is a String
    assert re.fullmatch(r"[a-z]+\.[a-z]+", kind)
