"""The page that says how to add a noun is true: followed word for word, it makes one that joins all."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "add-a-noun.md").read_text(encoding="utf-8")
FILE = re.compile(r"^### `([^`]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"^### In `([^`]+)`\n\n```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BY_HAND = re.compile(r"^\| (`.*`) \|", re.MULTILINE)


def _listed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=TOP, capture_output=True, check=True
    )
    return [Path(name) for name in listed.stdout.decode().split("\0") if name and (TOP / name).is_file()]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with what the page says put in."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = _listed()
    for path in listed:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / path, copy / path)
    for folder in {path.parent / "__pycache__" for path in listed if path.suffix == ".py"}:
        if (TOP / folder).is_dir():  # nothing that stays as it was need be compiled again
            shutil.copytree(TOP / folder, copy / folder)
    shutil.copytree(TOP / "callcrm" / "static" / "vendor", copy / "callcrm" / "static" / "vendor")
    for name, content in FILE.findall(PAGE):
        path = copy / name
        assert not path.exists(), f"{name} is there already: a new noun makes it"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    for name, change in EDIT.findall(PAGE):
        _edit(copy / name, change)
    _run(copy, "-m", "callcrm.store.migrations.new_migration", "visits")
    return copy


def _edit(path: Path, change: str) -> None:
    text = path.read_text(encoding="utf-8")
    removed = [line[1:] for line in change.splitlines() if line.startswith("-")]
    added = [line[1:] for line in change.splitlines() if line.startswith("+")]
    for line in removed:
        assert text.count(line) == 1, f"{path.name} has no line {line!r}"
    if not removed:  # a row more, after the last of the kind
        text = text.rstrip("\n") + "\n" + "\n".join(added) + "\n"
    else:
        imports = [line for line in added if line.startswith("from ")]
        text = text.replace(removed[0], "\n".join(line for line in added if line not in imports))
        for line in imports:
            text = text.replace("\n\nfrom callcrm", f"\n\n{line}\nfrom callcrm", 1)
    path.write_text(text, encoding="utf-8")


def _run(checkout: Path, *arguments: str) -> str:
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
    return ran.stdout


def test_the_page_lists_every_file_it_touches() -> None:
    listed = " ".join(BY_HAND.findall(PAGE))
    folders = re.findall(r"`([^`]+)`", listed)
    for name in (*(name for name, _ in FILE.findall(PAGE)), *(name for name, _ in EDIT.findall(PAGE))):
        assert any(
            name == folder or name.startswith(folder.rpartition("/")[0] + "/") for folder in folders
        ), name


def test_the_noun_of_the_page_joins_everything(checkout: Path) -> None:
    """Its own tests pass there, and those that every address is in the access matrix."""
    matrix = "tests/web/test_access_matrix.py::test_every_route_is_in_the_matrix_and_nothing_else"
    api = ("tests/api/test_api_access.py", "tests/api/test_api_openapi.py")
    options = ("-q", "-p", "no:cacheprovider", "--engine", "sqlite")
    _run(checkout, "-m", "pytest", *options, "tests/crm/visits", matrix, *api)


def test_it_keeps_to_the_layers(checkout: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    layers = subprocess.run([lint, "--no-cache"], cwd=checkout, capture_output=True, text=True, check=False)
    assert layers.returncode == 0, layers.stdout
