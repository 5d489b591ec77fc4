"""Every URL the carrier is told to call: a place in a flow, never a call.

Query parameters stand in alphabetical order: the carrier was seen to sign a URL as given and to
request it sorted.
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
QUEUE_KINDS = frozenset(
    {NodeKind.QUEUE, NodeKind.WAIT, NodeKind.LEFT}
)  # where the path ends in a queue, else in a node


@dataclass(frozen=True, slots=True)
class NumberUrls:
    """What the carrier is told of each of our numbers, all of it to be asked by POST.

    The fragment is for the carrier and never sent: while a caller waits it gives up soon, where nobody
    waits it tries hard. `fallback` is better than nothing, but down when this host is.
    """

    voice: str
    fallback: str
    status: str
    message: str


def number_urls(base: str) -> NumberUrls:
    """The URLs to set at the carrier."""
    root = f"{base}{ROOT}"
    return NumberUrls(
        voice=f"{root}/voice#ct=2000&rt=4000&tt=8000&rc=1&rp=ct",
        fallback=f"{root}/voice/fallback",
        status=f"{root}/status#rc=5&rp=all&tt=15000",
        message=f"{root}/message",
    )


def position_url(place: Position) -> str:
    """Path and query of a place."""
    in_queue = place.kind in QUEUE_KINDS
    where, beside = (place.queue, place.node) if in_queue else (place.node, place.queue)
    query = {
        "announced": "1" if place.announced else "",
        "language": place.language,
        "node" if in_queue else "queue": beside,
        "rings": place.rings or "",
        "step": place.step,
        "tries": place.tries or "",
    }
    path = "/".join(_segment(part) for part in (place.kind, place.flow, where))
    return f"{ROOT}/at/{path}?{_query(query)}"


def position_from(path: Mapping[str, str], query: Mapping[str, str]) -> Position:
    """The place a URL names: `spot`, `flow` and `where` of its path. Nonsense leads to the operator."""
    step, language = _count(query, "step"), query.get("language", "")
    language = language if LANGUAGE.fullmatch(language) else "en"
    spot = path.get("spot", "")
    names = [path.get("flow", ""), path.get("where", ""), query.get("node", ""), query.get("queue", "")]
    flow, where, node, queue = (_name(name) for name in names)
    if spot not in tuple(NodeKind) or flow is None or where is None or node is None or queue is None:
        return Position(NodeKind.OPERATOR, language=language, step=step)
    in_queue = NodeKind(spot) in QUEUE_KINDS
    return Position(
        NodeKind(spot),
        flow=flow,
        node=node if in_queue else where,
        queue=where if in_queue else queue,
        language=language,
        step=step,
        tries=_count(query, "tries"),
        rings=_count(query, "rings"),
        announced=query.get("announced") == "1",
    )


def leg_url(step: int, agent: str | None, *, screened: bool) -> str:
    """Where the carrier reports on a phone rung by the document answered at this step."""
    return f"{ROOT}/leg?{_query({'agent': agent or '', 'screen': '1' if screened else '', 'step': step})}"


def screen_url(step: int, agent: str | None, language: str) -> str:
    """Where the carrier asks what to say to whoever picked up."""
    return f"{ROOT}/screen?{_query({'agent': agent or '', 'language': language, 'step': step})}"


def recording_url(kind: str) -> str:
    """Where the carrier reports on a recording (call | voicemail)."""
    return f"{ROOT}/recording?{_query({'kind': kind})}"


def prompt_url(language: str, name: str) -> str:
    """Where the audio of a prompt is served."""
    return f"/prompts/{_segment(language)}/{_segment(name)}.wav"


def _query(values: Mapping[str, object]) -> str:
    given = sorted((name, value) for name, value in values.items() if value != "")
    return urlencode(given, errors="replace")


def _segment(text: str) -> str:
    return quote(text, safe="", errors="replace") or EMPTY_SEGMENT


def _name(text: str) -> str | None:
    """A name of ours, "" where there is none, None for what can't be one."""
    if text in ("", EMPTY_SEGMENT):
        return ""
    return text if NAME.fullmatch(text) else None


def _count(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if COUNT.fullmatch(text) else 0
