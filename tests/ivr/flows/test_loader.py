"""The folder of flows as a whole: who answers which number, and what is refused at the door."""

from collections.abc import Callable
from pathlib import Path

import pytest

from callcrm.ivr.flows.loader import FlowFault, Flows, check_file, load_flows
from callcrm.paths import folder
from tests.ivr.flows.test_parser import GOOD

Write = Callable[..., Path]


def faults(where: Path) -> list[str]:
    with pytest.raises(FlowFault) as caught:
        load_flows(where)
    return caught.value.lines


@pytest.mark.parametrize("path", sorted(folder("ivr_flows").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_flow_passes_its_check(path: Path) -> None:
    assert check_file(path) == []


def test_the_shipped_flows_leave_nothing_to_note(flows: Flows) -> None:
    assert flows.notes == ()
    assert flows.queues == ("sales", "support")


def test_without_configuration_every_number_gets_the_main_flow(flows: Flows) -> None:
    for number in (None, "", "+12025550100", "client:ana"):
        flow = flows.for_number(number)
        assert flow
        assert flow.name == "main"


def test_a_number_gets_the_flow_that_names_it(flow_file: Write) -> None:
    flow_file(GOOD.replace("languages", 'numbers = ["+12025550101"]\nlanguages'), "special.toml")
    flows = load_flows(flow_file("default = true\n" + GOOD, "rest.toml").parent)
    chosen = [flows.for_number(number) for number in ("+12025550101", "+12025550102", None)]
    assert [flow.name for flow in chosen if flow] == ["special", "rest", "rest"]


def test_a_flow_alone_answers_every_number(flow_file: Write) -> None:
    flow = load_flows(flow_file(GOOD).parent).for_number("+12025550102")
    assert flow
    assert flow.name == "mine"


@pytest.mark.parametrize("first", ["", "default = true\n"])
def test_of_several_flows_one_is_for_the_rest(flow_file: Write, first: str) -> None:
    flow_file(first + GOOD, "one.toml")
    assert any(
        "exactly one flow must say default = true" in line for line in faults(flow_file(first + GOOD).parent)
    )


def test_a_number_is_answered_by_one_flow(flow_file: Write) -> None:
    numbered = 'numbers = ["+12025550101"]\n' + GOOD
    flow_file("default = true\n" + numbered, "one.toml")
    assert faults(flow_file(numbered, "two.toml").parent) == [
        "two.toml: numbers: +12025550101 is answered by one.toml already"
    ]


def test_a_folder_without_flows_is_refused(tmp_path: Path) -> None:
    assert "there is no flow" in faults(tmp_path)[0]


def test_one_bad_flow_refuses_the_folder_and_is_named(flow_file: Write) -> None:
    flow_file("default = true\n" + GOOD, "good.toml")
    assert faults(flow_file("main = 3", "bad.toml").parent)[0].startswith("bad.toml: ")


def test_a_flow_that_talks_past_the_minute_is_refused_with_the_keys(flow_file: Write) -> None:
    long = '[prompts.closed]\nen = "' + "We are closed. " * 30 + '"\n'
    line = "mine.toml: start (closed), nothing, nothing: silence and wrong keys reach no human within 60 s"
    assert faults(flow_file(GOOD + long).parent) == [line]


def test_a_prompt_that_nobody_has_is_refused(flow_file: Write) -> None:
    lines = faults(flow_file(GOOD.replace('say = "main"', 'say = "gone"')).parent)
    assert lines == ["mine.toml: prompt gone: there is none in prompts/*.toml or under [prompts.gone]"]


def test_missing_audio_is_told_by_the_check_and_breaks_no_call(flow_file: Write) -> None:
    path = flow_file(GOOD.replace('["en"]', '["fa"]') + '[prompts.main]\nfa = "سلام"\nen = "Hello"\n')
    lines = check_file(path)
    assert [line.partition(" (")[0] for line in lines] == ["mine.toml: prompt mine.main in fa: no audio"]
    assert lines[0].endswith("prompts/fa/mine.main.wav")
    assert load_flows(path.parent).notes == tuple(lines)


def test_a_language_without_prompts_is_told_by_the_check(flow_file: Write) -> None:
    lines = check_file(flow_file(GOOD.replace('["en"]', '["de"]')))
    assert "mine.toml: prompt operator in de: there is no text" in lines


def test_a_file_that_cannot_be_read_is_told_by_the_check(tmp_path: Path) -> None:
    assert check_file(tmp_path / "gone.toml") == ["gone.toml: can't be read: No such file or directory"]
