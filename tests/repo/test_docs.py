"""Documents that can fail the build: what they promise is there, and they promise what is there."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcrm.cli.commands import SUMMARIES, app
from callcrm.config import Settings

TOP = Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")])
DECISIONS = sorted((TOP / "docs" / "adr").glob("*.md"))
COMMANDS = re.findall(r"^\| `callcrm ([a-z -]+)` \|", README, re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
# Hosts of package registries and paths of the machine this was made on, put together so as not to name them.
FORBIDDEN = re.compile(
    "|".join(
        [
            *(
                "pypi" + r"\.org",
                "python" + "hosted",
                "registry" + r"\.npmjs",
                "npm" + "mirror",
                "deb" + r"\.debian",
            ),
            *(r"(?<![\w.])/" + name for name in ("work/", "root/", r"home/\w")),
        ]
    )
)


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True)
    paths = [TOP / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_the_settings_table_is_every_setting_in_order() -> None:
    section = README.partition("## Settings")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `([A-Z0-9_]+)` \|", section, re.MULTILINE)
    assert documented == [str(field.alias) for field in Settings.model_fields.values()]


def test_every_command_is_in_the_readme() -> None:
    assert {command.split()[0] for command in COMMANDS} == set(SUMMARIES)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_explains_itself(command: str) -> None:
    answer = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="callcrm")
    assert answer.exit_code == 0, answer.output
    assert answer.output.startswith("Usage: callcrm")


def test_make_help_lists_every_target() -> None:
    quiet = ["make", "--no-print-directory", "help"]  # `make test` is how we run, and a make in a make talks
    listed = subprocess.run(quiet, cwd=TOP, capture_output=True, text=True, check=True)
    targets = TARGET.findall((TOP / "Makefile").read_text(encoding="utf-8"))
    assert [line.split()[1] for line in listed.stdout.splitlines()] == targets
    assert {"help", "setup", "demo", "test", "check", "bench", "torture", "wheel"} <= set(targets)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_at_most_30_lines(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 30


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_our_own_files_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_file_names_a_registry_or_the_machine_it_was_made_on() -> None:
    named = [
        f"{path.relative_to(TOP)}: {match[0]}"
        for path in _tracked()
        if (match := FORBIDDEN.search(path.read_bytes().decode("utf-8", errors="replace")))
    ]
    assert named == []


def test_the_change_log_has_a_place_for_what_is_not_released() -> None:
    assert "\n## Unreleased\n" in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
