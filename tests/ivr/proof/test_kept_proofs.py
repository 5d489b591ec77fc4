"""Proofs that held are kept: what nothing has changed in is not proved again, and nothing else escapes."""

import shutil
from pathlib import Path

import pytest

from callcrm.config import Settings
from callcrm.ivr.flows.configured import load_configured_flows, prove_configured_flows
from callcrm.ivr.flows.model import FlowFault
from callcrm.ivr.proof import kept_proofs, proof
from callcrm.paths import folder
from tests.running_app import settings_for

OURS = "+12025550177"
Proved = list[str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(folder("ivr_flows"), tmp_path / "flows")
    return settings_for("sqlite:///none", tmp_path, CALLCRM_FLOWS_DIR=str(tmp_path / "flows"))


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> Proved:
    """The names of flows that were proved, in their order."""
    names: Proved = []

    def prove(flows: object, flow: object, **options: object) -> proof.Proof:
        names.append(flow.name)  # type: ignore[attr-defined]
        return proof.prove(flows, flow, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_proofs, "prove", prove)
    return names


def test_an_unchanged_flow_is_proved_once(settings: Settings, proved: Proved) -> None:
    first, second = load_configured_flows(settings), load_configured_flows(settings)
    assert proved == ["main"]
    assert (first.flows, first.notes) == (second.flows, second.notes)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("main.toml", "ring_seconds = 20", "ring_seconds = 21"),
        ("prompts/en.toml", '= "', '= "Well, '),
    ],
    ids=["flow", "prompt"],
)
def test_what_has_changed_is_proved_again(
    settings: Settings, proved: Proved, file: str, before: str, after: str
) -> None:
    load_configured_flows(settings)
    path = settings.flows / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    load_configured_flows(settings)
    assert proved == ["main", "main"]


def test_our_own_numbers_and_the_program_are_part_of_what_was_proved(
    settings: Settings, proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_configured_flows(settings)
    settings.numbers.append(OURS)
    load_configured_flows(settings)
    monkeypatch.setattr(kept_proofs, "_program", lambda: "another")
    load_configured_flows(settings)
    assert proved == ["main"] * 3


def test_a_flow_that_breaks_the_rule_is_refused_every_time(settings: Settings, proved: Proved) -> None:
    load_configured_flows(settings)
    path = settings.flows / "main.toml"
    path.write_text(path.read_text().replace('{ queue = "sales" }', f'{{ number = "{OURS}" }}', 1))
    settings.numbers.append(OURS)
    for _ in range(2):
        with pytest.raises(FlowFault, match="a number of ours"):
            load_configured_flows(settings)
    assert proved == ["main"] * 3


@pytest.mark.parametrize("content", ["", "nonsense\n", "\x00\xff"])
def test_a_file_that_says_nothing_excuses_nothing(settings: Settings, proved: Proved, content: str) -> None:
    settings.kept_proofs.write_text(content, "latin-1")
    load_configured_flows(settings)
    assert proved == ["main"]


def test_where_nothing_can_be_kept_it_is_proved_each_time(settings: Settings, proved: Proved) -> None:
    settings.kept_proofs.mkdir()
    for _ in range(2):
        load_configured_flows(settings)
    assert proved == ["main", "main"]


def test_the_command_proves_whatever_was_proved_before(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_configured_flows(settings)
    monkeypatch.setattr("callcrm.ivr.flows.loader.prove", lambda *_, **__: proof.Proof(("wrong",)))
    with pytest.raises(FlowFault, match="wrong"):
        prove_configured_flows(settings)
