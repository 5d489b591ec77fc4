"""Every URL the carrier is handed: a position in a flow, never a call.

Query parameters stand in alphabetical order: the carrier was seen to sign a URL as it was handed over and
to request it with its query sorted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from callcrm.ivr.steps import NodeKind, Position

ROOT = "/webhooks/twilio"
EMPTY_SEGMENT = "-"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
COUNT = re.compile(r"[0-9]{1,9}")
# Kinds of position whose path ends in the name of a queue; that of all others ends in a node's.
QUEUE_KINDS = frozenset({NodeKind.QUEUE, NodeKind.WAIT, NodeKind.LEFT})


@dataclass(frozen=True, slots=True)
class NumberUrls:
    """What is configured at the carrier for each of our numbers, all of it requested by POST.

    The fragment is for the carrier and never sent: its connection overrides. `ct`, `rt` and `tt` are the
    milliseconds to connect, to read and for all tries (15 s at most), `rc` the retries, `rp` what is retried.
    While a caller waits it gives up soon and goes to `fallback`, where nobody waits it tries hard.
    `fallback` is better than nothing, but down when this host is.
    """

    voice: str
    fallback: str
    status: str
    message: str


def number_urls(base: str) -> NumberUrls:
    """The URLs to configure for a number at the carrier."""
    root = f"{base}{ROOT}"
    return NumberUrls(
        voice=f"{root}/voice#ct=2000&rt=4000&tt=8000&rc=1&rp=ct",
        fallback=f"{root}/voice/fallback",
        # By default a callback answered 5xx is not tried again: `rp=all` asks for that.
        status=f"{root}/status#rc=5&rp=all&tt=15000",
        message=f"{root}/message",
    )


def position_url(position: Position) -> str:
    """Path and query of a position."""
    has_queue = position.kind in QUEUE_KINDS
    name, other = (position.queue, position.node) if has_queue else (position.node, position.queue)
    query = {
        "announced": "1" if position.announced else "",
        "language": position.language,
        "node" if has_queue else "queue": other,
        "rings": position.rings or "",
        "step": position.step,
        "tries": position.tries or "",
    }
    path = "/".join(_segment(part) for part in (position.kind, position.flow, name))
    return f"{ROOT}/at/{path}?{_query(query)}"


def position_from(path: Mapping[str, str], query: Mapping[str, str]) -> Position:
    """The position a URL names by `kind`, `flow` and `name` of its path; nonsense leads to the operator.

    The signature covers the URL: nonsense comes from a document of an older version or from a bug of ours.
    """
    step, language = _count(query, "step"), query.get("language", "")
    language = language if LANGUAGE.fullmatch(language) else "en"
    kind = path.get("kind", "")
    texts = [path.get("flow", ""), path.get("name", ""), query.get("node", ""), query.get("queue", "")]
    flow, name, node, queue = (_name(text) for text in texts)
    if kind not in tuple(NodeKind) or flow is None or name is None or node is None or queue is None:
        return Position(NodeKind.OPERATOR, language=language, step=step)
    has_queue = NodeKind(kind) in QUEUE_KINDS
    return Position(
        NodeKind(kind),
        flow=flow,
        node=node if has_queue else name,
        queue=name if has_queue else queue,
        language=language,
        step=step,
        tries=_count(query, "tries"),
        rings=_count(query, "rings"),
        announced=query.get("announced") == "1",
    )


def leg_url(step: int, agent: str | None, *, screened: bool) -> str:
    """The status callback of a phone rung by the document of this step."""
    return f"{ROOT}/leg?{_query({'agent': agent or '', 'screen': '1' if screened else '', 'step': step})}"


def screen_url(step: int, agent: str | None, language: str) -> str:
    """The whisper of a phone rung by the document of this step: what whoever answers hears first."""
    return f"{ROOT}/screen?{_query({'agent': agent or '', 'language': language, 'step': step})}"


def recording_url(kind: str) -> str:
    """The status callback of a recording of this kind (call | voicemail)."""
    return f"{ROOT}/recording?{_query({'kind': kind})}"


def prompt_url(language: str, name: str) -> str:
    """Where the audio of a prompt is served."""
    return f"/prompts/{_segment(language)}/{_segment(name)}.wav"


def _query(values: Mapping[str, object]) -> str:
    pairs = sorted((name, value) for name, value in values.items() if value != "")
    return urlencode(pairs, errors="replace")


def _segment(text: str) -> str:
    return quote(text, safe="", errors="replace") or EMPTY_SEGMENT


def _name(text: str) -> str | None:
    """A name of a flow, node or queue, "" where there is none, None for what can't be one."""
    if text in ("", EMPTY_SEGMENT):
        return ""
    return text if NAME.fullmatch(text) else None


def _count(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if COUNT.fullmatch(text) else 0
