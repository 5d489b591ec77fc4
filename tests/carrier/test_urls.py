"""Positions as URLs: there and back again, and nonsense leads to the operator."""

from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcrm.carrier import urls
from callcrm.ivr.steps import NodeKind, Position

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}", fullmatch=True) | st.just("")
counts = st.integers(0, 10_000_000)
positions = st.builds(
    Position,
    kind=st.sampled_from(NodeKind),
    flow=names,
    node=names,
    queue=names,
    language=st.from_regex(r"[a-z]{2,3}", fullmatch=True),
    step=counts,
    tries=counts,
    rings=counts,
    announced=st.booleans(),
)
text = st.text(max_size=40) | st.just("\ud800")  # and half of a surrogate pair


def read(url: str) -> Position:
    parts = urlsplit(url)
    kind, flow, name = (unquote(part) for part in parts.path.removeprefix("/webhooks/twilio/at/").split("/"))
    return urls.position_from({"kind": kind, "flow": flow, "name": name}, dict(parse_qsl(parts.query)))


@given(positions)
def test_a_position_comes_back_as_it_went(position: Position) -> None:
    assert read(urls.position_url(position)) == position


def test_a_url_names_a_position_and_is_short() -> None:
    position = Position(NodeKind.QUEUE, "main", queue="sales", language="fa", step=3, rings=1, announced=True)
    assert urls.position_url(position) == (
        "/webhooks/twilio/at/queue/main/sales?announced=1&language=fa&rings=1&step=3"
    )


@given(positions, text, st.booleans())
def test_query_parameters_are_in_alphabetical_order(position: Position, agent: str, screened: bool) -> None:
    for url in (
        urls.position_url(position),
        urls.leg_url(position.step, agent, screened=screened),
        urls.screen_url(position.step, agent, position.language),
        urls.recording_url("call"),
    ):
        keys = [key for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
        assert keys == sorted(set(keys))


@given(st.builds(Position, kind=st.sampled_from(NodeKind), flow=text, node=text, queue=text, language=text))
def test_whatever_is_in_a_position_the_url_is_ascii_below_our_root(position: Position) -> None:
    url = urls.position_url(position)
    assert url.isascii()
    assert url.isprintable()
    assert urlsplit(url).path.count("/") == 6
    assert not set(url) & set(" #\"<>'")


@given(
    st.dictionaries(st.sampled_from(["kind", "flow", "name"]), text),
    st.dictionaries(
        st.sampled_from(["announced", "language", "node", "queue", "rings", "step", "tries", "x"]), text
    ),
)
def test_no_url_is_so_odd_that_it_is_no_position(path: dict[str, str], query: dict[str, str]) -> None:
    position = urls.position_from(path, query)
    assert isinstance(position.kind, NodeKind)
    assert position.step >= 0


@pytest.mark.parametrize(
    "path",
    [
        {},
        {"kind": "nowhere", "flow": "main", "name": "-"},
        {"kind": "node", "flow": "../etc", "name": "-"},
        {"kind": "node", "flow": "main", "name": "<x>"},
        {"kind": "NODE", "flow": "main", "name": "main"},
    ],
)
def test_nonsense_leads_to_the_operator_in_the_callers_language(path: dict[str, str]) -> None:
    position = urls.position_from(path, {"language": "fa", "step": "4"})
    assert position == Position(NodeKind.OPERATOR, language="fa", step=4)


@pytest.mark.parametrize("step", ["-1", "1e9", "٣", "9" * 30, ""])
def test_a_number_that_is_none_counts_as_nought(step: str) -> None:
    path = {"kind": "node", "flow": "main", "name": "main"}
    assert urls.position_from(path, {"step": step}).step == 0


def test_a_leg_reports_the_agent_the_screening_and_the_document_that_rang_it() -> None:
    url = urlsplit(urls.leg_url(3, "agent_1", screened=True))
    assert (url.path, parse_qs(url.query)) == (
        "/webhooks/twilio/leg",
        {"agent": ["agent_1"], "screen": ["1"], "step": ["3"]},
    )


def test_an_operators_leg_has_no_agent() -> None:
    assert urls.leg_url(3, None, screened=False) == "/webhooks/twilio/leg?step=3"
