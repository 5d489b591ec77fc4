"""The house stays the house: arrows point down, files and functions stay small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path
    for name in ("callcrm", "webhooks", "tests")
    for path in (TOP / name).rglob("*.py")
    if path.parent.name != "versions"  # migrations are written by a machine, as long as they have to be
)
LONGEST_FILE = 400
LONGEST_FUNCTION = 50

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "." * node.level]
    return []


def test_imports_point_down_only() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=TOP, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@each_source
def test_a_file_is_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@each_source
def test_a_function_is_at_most_50_lines(path: Path) -> None:
    long = [
        node.name for node in _functions(path) if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


@each_source
def test_our_own_modules_are_imported_at_the_top(path: Path) -> None:
    inside = {
        name
        for function in _functions(path)
        for node in ast.walk(function)
        for name in _imported(node)
        if name.split(".")[0] in ("callcrm", "webhooks", "")
    }
    assert inside == set()
