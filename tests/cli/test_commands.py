"""What holds for every command."""

import resource
import subprocess
import sys

import pytest

from callcrm import __version__
from callcrm.cli.commands import SUMMARIES
from tests.cli.terminal import RunCommand


def test_help_lists_every_command(run: RunCommand) -> None:
    result = run("--help")
    assert result.code == 0
    assert [name for name in SUMMARIES if f"  {name} " not in result.out] == []


def test_help_is_there_at_once() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "callcrm", "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_the_version_is_told_on_stdout(run: RunCommand) -> None:
    assert run("--version").out == f"{__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["no-such"],
        ["user", "add"],
        ["user", "add", "a@b", "--role", "boss", "--name", "A"],
        ["migrate", "--x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2_and_says_why_on_stderr(run: RunCommand, words: list[str]) -> None:
    result = run(*words)
    assert (result.code, result.out) == (2, "")
    assert "Error" in result.err


@pytest.mark.parametrize("words", [["migrate"], ["token", "add", "x", "--role", "admin"]], ids=" ".join)
def test_each_malformed_setting_is_one_line_naming_it(
    run: RunCommand, environment: pytest.MonkeyPatch, words: list[str]
) -> None:
    environment.setenv("CALLCRM_TIME_ZONE", "Mars")
    environment.setenv("CALLCRM_NUMBERS", "12")
    result = run(*words)
    assert (result.code, result.out) == (1, "")
    assert sorted(line.split(":")[1].strip() for line in result.err.splitlines()) == [
        "CALLCRM_NUMBERS",
        "CALLCRM_TIME_ZONE",
    ]
