"""`callcrm flows check`: 0, or 1 with the keys that lead to the breach."""

from pathlib import Path

import pytest

from tests.cli.terminal import RunCommand

FLOW = """
default = true
languages = ["en"]
main = "main"
[queues.sales]
[menus.main]
say = "short"
keys = { 1 = { queue = "sales" }, 2 = { menu = "more" } }
[menus.more]
say = "more"
keys = { 1 = { queue = "sales" } }
[prompts.short]
en = "For sales, press 1. For more, press 2."
[prompts.more]
en = "MORE"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.toml").write_text(FLOW)
    (tmp_path / "long.toml").write_text(FLOW.replace("MORE", "a long story " * 70))
    return tmp_path


def test_the_shipped_flows_are_good(run: RunCommand) -> None:
    result = run("flows", "check")
    assert (result.code, result.out) == (0, "")


def test_a_good_file_is_good_whatever_lies_beside_it(run: RunCommand, folder: Path) -> None:
    assert run("flows", "check", str(folder / "good.toml")).code == 0


def test_a_broken_flow_is_told_with_the_keys_that_lead_there(run: RunCommand, folder: Path) -> None:
    result = run("flows", "check", str(folder / "long.toml"))
    assert result.code == 1
    assert "long.toml: start, 2, nothing" in result.out


def test_one_broken_file_among_good_ones_is_enough(run: RunCommand, folder: Path) -> None:
    files = [str(folder / name) for name in ("good.toml", "long.toml")]
    assert run("flows", "check", *files).code == 1


def test_without_files_those_of_the_setting_are_checked(
    run: RunCommand, folder: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("CALLCRM_FLOWS_DIR", str(folder))
    assert "long.toml" in run("flows", "check").out


@pytest.mark.parametrize(
    "text",
    ["", "= 3", "main = 3", "\x00", "main = 'a'\n[menus.a]\nsay = 'x'\nkeys = { 0 = { voicemail = true } }"],
)
def test_what_is_no_flow_is_a_fault_that_names_the_file(run: RunCommand, tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.toml").write_text(text)
    result = run("flows", "check", "odd.toml")
    assert result.code == 1
    assert all(line.startswith("odd.toml: ") for line in result.out.splitlines())


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_what_cannot_be_read_is_a_fault(run: RunCommand, name: str) -> None:
    assert run("flows", "check", name).code == 1
