"""What tests keep to: each asserts, none asks a wall clock or patches a deadline, folders stay small."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import LONG_FILES

HERE = Path(__file__).resolve().parents[1]
FILES = sorted(HERE.rglob("*.py"))
MOST_FILES = 15
# What measures, and what waits for another process with patience.
MAY_ASK_THE_MACHINE = {
    *("bench", "torture"),
    *(
        "clocks.py",
        "running.py",
        "demo/demo_process.py",
        "edge/test_cost_of_heads.py",
        "edge/test_cost_of_texts.py",
        "store/test_postgres_server.py",
        "deploy/test_proxies.py",
        "edge/test_connections.py",
        "repo/test_time_and_threads.py",
    ),
}
MACHINE_TIME = re.compile(
    r"\btime\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|process_time)\b"
)
# Negative controls: a rule is broken on purpose, and the check that guards it seen red.
MAY_BREAK_RULES = {"mutants", "ivr/proof/test_proof.py"}
DEADLINE = re.compile(r"DEADLINE|TIMEOUT|__kwdefaults__")
ASSERTING = {"expect", "fail", "raises", "warns"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _functions(path: Path) -> list[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _names(node: ast.AST) -> Iterator[str]:
    """Every function a function may call: by its name or, of an object, by the method's."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
        elif isinstance(child, ast.Attribute):
            yield child.attr


def _asserts(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Assert) for child in ast.walk(node)) or not ASSERTING.isdisjoint(
        _names(node)
    )


def _asserting_helpers() -> set[str]:
    """The names of functions of ours that assert, or call one that does."""
    helpers = {
        node.name: node for path in FILES for node in _functions(path) if not node.name.startswith("test_")
    }
    asserting = {name for name, node in helpers.items() if _asserts(node)}
    while callers := {name for name, node in helpers.items() if asserting & set(_names(node))} - asserting:
        asserting |= callers
    return asserting


def test_every_test_asserts_something() -> None:
    helpers = _asserting_helpers()
    assert [
        f"{path.relative_to(HERE)}:{node.lineno} {node.name}"
        for path in FILES
        for node in _functions(path)
        if node.name.startswith("test_") and not _asserts(node) and helpers.isdisjoint(_names(node))
    ] == []


def _lines(pattern: re.Pattern[str], *but: str) -> list[str]:
    return [
        f"{path.relative_to(HERE)}:{number}"
        for path in FILES
        if path != Path(__file__)
        and not {path.relative_to(HERE).as_posix(), path.relative_to(HERE).parts[0]} & {*but}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_test_asks_a_wall_clock() -> None:
    assert _lines(MACHINE_TIME, *MAY_ASK_THE_MACHINE) == []


def test_no_test_patches_a_deadline() -> None:
    patches = re.compile(rf"(setattr|setitem|patch)\b.*({DEADLINE.pattern})")
    assert _lines(patches, *MAY_BREAK_RULES) == []


def test_no_folder_of_tests_has_more_files_than_one_sees_at_once() -> None:
    folders = {path.parent for path in FILES}
    sizes = {str(folder.relative_to(HERE)): len([*folder.glob("*.py")]) for folder in folders}
    assert {folder: size for folder, size in sizes.items() if size > MOST_FILES} == {}


def test_every_long_file_is_there() -> None:
    assert [name for name in LONG_FILES if not (HERE / f"{name}.py").is_file()] == []
