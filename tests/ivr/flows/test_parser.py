"""Flow files: what is good is read, what is wrong gets one clear line."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcrm.ivr.flows.loader import FlowFault
from callcrm.ivr.flows.model import Choice, ChoiceKind, Flow
from callcrm.ivr.flows.parser import read_flow

GOOD = """
languages = ["en"]
main = "main"
closed = "closed"
[hours]
monday = ["09:00-12:00", "13:00-17:00"]
[queues.sales]
[menus.main]
say = "main"
[menus.main.keys]
1 = { queue = "sales" }
[menus.closed]
say = "closed"
"""


@pytest.fixture
def read(flow_file: Callable[[str], Path]) -> Callable[[str], Flow]:
    return lambda text: read_flow(flow_file(text), UTC)


@pytest.fixture
def fault(read: Callable[[str], Flow]) -> Callable[[str, str], str]:
    """The one line that a change to the good flow gives."""

    def of(old: str, new: str) -> str:
        assert old in GOOD
        with pytest.raises(FlowFault) as caught:
            read(GOOD.replace(old, new, 1))
        assert len(caught.value.lines) == 1
        return caught.value.lines[0]

    return of


def test_a_good_flow_is_read_whole(read: Callable[[str], Flow]) -> None:
    flow = read(GOOD)
    assert (flow.name, flow.languages, flow.main, flow.closed) == ("mine", ("en",), "main", "closed")
    assert flow.menus["main"].choices == {"1": Choice(ChoiceKind.QUEUE, "sales")}
    assert flow.hours.open_at(datetime(2026, 1, 5, 9, tzinfo=UTC))
    assert not flow.hours.open_at(datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert not flow.hours.open_at(datetime(2026, 1, 6, 9, tzinfo=UTC))


def test_holidays_are_dates_written_either_way(read: Callable[[str], Flow]) -> None:
    flow = read('holidays = [2026-12-25, "2026-12-26"]' + GOOD)
    assert [day.day for day in sorted(flow.hours.holidays)] == [25, 26]


def test_a_flow_without_hours_is_always_open(read: Callable[[str], Flow]) -> None:
    flow = read(GOOD.replace('[hours]\nmonday = ["09:00-12:00", "13:00-17:00"]', ""))
    assert flow.hours.open_at(datetime(2026, 1, 4, 3, tzinfo=UTC))


def test_a_flows_own_prompts_are_kept_under_its_name(read: Callable[[str], Flow]) -> None:
    flow = read(GOOD + '[prompts.main]\nen = "Press 1."\n')
    assert (flow.menus["main"].say, flow.menus["closed"].say) == ("mine.main", "closed")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('["en"]', "[]", "mine.toml: languages: must be 1 to 4 languages such as en or fa"),
        ('main = "main"', "", "mine.toml: main: is missing: the name of the menu callers begin with"),
        ('main = "main"', 'main = "gone"', "there is no [menus.gone]"),
        ('main = "main"', 'main = "main"\ncolour = "red"', "mine.toml: colour: is not known here (known: "),
        ('closed = "closed"', "", "closed: is missing: a flow with hours or holidays needs a menu"),
        ('"09:00-12:00"', '"9-12"', 'hours.monday: must be a list, nothing twice, of periods such as "09:00'),
        ('"09:00-12:00"', '"12:00-09:00"', '"12:00-09:00" must end after it starts, at 24:00 at the latest'),
        ('"13:00-17:00"', '"22:00-29:00"', '"22:00-29:00" must end after it starts'),
        ('"13:00-17:00"', '"11:00-17:00"', "hours.monday: has periods that overlap"),
        ("monday", "moonday", "hours.moonday: is not known here (known: monday, tuesday"),
        ("[queues.sales]", "[queues.sales]\nring_seconds = 3", "ring_seconds: must be a whole number from 5"),
        ("[queues.sales]", "[queues.sales]\nring_seconds = true", "ring_seconds: must be a whole number"),
        ("[queues.sales]", "[queues.support]", "menus.main.keys.1: there is no [queues.sales]"),
        ("1 = {", "0 = {", "menus.main.keys.0: must be a key from 1 to 9 (0, * and # lead to the operator"),
        ("1 = {", '"*" = {', "must be a key from 1 to 9"),
        ("1 = {", '"12" = {', "must be a key from 1 to 9"),
        (
            '{ queue = "sales" }',
            "{ hangup = true }",
            "menus.main.keys.1: must be one of { queue = …, message",
        ),
        ('{ queue = "sales" }', '"sales"', "menus.main.keys.1: must be a table"),
        ('{ queue = "sales" }', '{ queue = "sales", voicemail = true }', "must be one of"),
        ('{ queue = "sales" }', '{ number = "0800 SALES" }', "keys.1.number: must be a number as E.164"),
        ('{ queue = "sales" }', "{ voicemail = false }", "keys.1.voicemail: must be true"),
        ('{ queue = "sales" }', '{ menu = "gone" }', "there is no [menus.gone]"),
        ('{ queue = "sales" }', '{ menu = "closed" }', "menus can be two deep"),
        ('say = "closed"', "", "menus.closed.say: is missing: the key of a prompt"),
        ('say = "main"', 'say = "Press 1"', "menus.main.say: must be the key of a prompt"),
        ("[menus.closed]", '[menus.spare]\nsay = "x"\n[menus.closed]', "menus.spare: leads nowhere"),
    ],
)
def test_each_fault_is_one_line_that_names_the_key_and_the_cure(
    fault: Callable[[str, str], str], old: str, new: str, line: str
) -> None:
    assert line in fault(old, new)


def test_a_menu_has_at_most_four_choices(fault: Callable[[str, str], str]) -> None:
    five = "".join(f"{key} = {{ voicemail = true }}\n" for key in range(2, 6))
    assert "menus.main.keys: has 5 choices, a menu can have 4" in fault("1 = {", f"{five}1 = {{")


def test_a_menu_below_a_menu_below_a_menu_is_too_deep(fault: Callable[[str, str], str]) -> None:
    deep = '{ menu = "a" }\n[menus.a]\nsay = "a"\n[menus.a.keys]\n1 = { menu = "b" }\n[menus.b]\nsay = "b"'
    assert "menus.a.keys.1: menus can be two deep" in fault(
        '{ queue = "sales" }\n[menus.closed]', deep + "\n[menus.closed]"
    )


def test_menus_that_lead_round_in_a_circle_are_refused(fault: Callable[[str, str], str]) -> None:
    circle = '{ menu = "a" }\n[menus.a]\nsay = "a"\n[menus.a.keys]\n1 = { menu = "main" }'
    assert "menus can be two deep" in fault('{ queue = "sales" }', circle)


def test_a_prompt_of_ones_own_has_no_numbers_in_it(fault: Callable[[str, str], str]) -> None:
    own = '[prompts.main]\nen = "{position}"\n[menus.closed]'
    assert "prompts.main.en: can have no {number} in it" in fault("[menus.closed]", own)


def test_a_built_in_prompt_is_not_one_of_a_flow(fault: Callable[[str, str], str]) -> None:
    own = '[prompts.goodbye]\nen = "Bye."\n[menus.closed]'
    assert "prompts.goodbye: must be a name" in fault("[menus.closed]", own)


def test_several_faults_are_told_at_once(read: Callable[[str], Flow]) -> None:
    with pytest.raises(FlowFault) as caught:
        read('languages = ["english"]\nmain = 3\n')
    assert len(caught.value.lines) > 1


@pytest.mark.parametrize("name", ["My Flow.toml", "-.toml", "ä.toml", f"{'a' * 60}.toml"])
def test_a_file_is_named_as_a_flow_can_be(flow_file: Callable[..., Path], name: str) -> None:
    with pytest.raises(FlowFault, match="the file must be named"):
        read_flow(flow_file(GOOD, name), UTC)


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FlowFault, match=r"gone\.toml: can't be read: No such file"):
        read_flow(tmp_path / "gone.toml", UTC)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"main = \x00", b"[" * 100_000, b"a = " + b"[" * 20_000])
def test_what_is_no_toml_is_a_fault(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "odd.toml").write_bytes(raw)
    with pytest.raises(FlowFault, match=r"odd\.toml: can't be read"):
        read_flow(tmp_path / "odd.toml", UTC)


def test_a_file_too_large_to_be_a_flow_is_refused(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_text("#" * 300_000)
    with pytest.raises(FlowFault, match="larger than 256 kB"):
        read_flow(tmp_path / "big.toml", UTC)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 99)
    | st.sampled_from(["main", "en", "", "x y", "+12025550100"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("0123ab"), inner, max_size=2),
    max_leaves=4,
)
KEYS = (
    "languages",
    "main",
    "closed",
    "hours",
    "menus",
    "queues",
    "prompts",
    "numbers",
    "holidays",
    "default",
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(member)}' for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(member) for member in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f'"{value or ""}"'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_whatever_stands_in_a_file_it_is_a_flow_or_a_fault(tmp_path: Path, made: dict[str, object]) -> None:
    path = tmp_path / "any.toml"
    path.write_text("\n".join(f"{key} = {toml(value)}" for key, value in made.items()))
    try:
        read_flow(path, UTC)
    except FlowFault as fault:
        # A fault is one of two good ends.
        assert all(line.startswith("any.toml: ") for line in fault.lines)  # noqa: PT017
