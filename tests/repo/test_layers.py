"""The house stays the house: arrows point down, files and functions stay small."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for name in ("callcrm", "webhooks", "tests")
    for path in (TOP / name).rglob("*.py")
    if path.parent.name != "versions"  # migrations are written by a machine, as long as they have to be
)
LONGEST_FILE = 400
EDGES = {("callcrm", "web"), ("callcrm", "api"), ("callcrm", "edge")}
LONGEST_FUNCTION = 50
MOST_FILES = 15


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "." * node.level]
    return []


def _where(path: Path, node: ast.stmt) -> str:
    return f"{path.relative_to(TOP)}:{node.lineno}"


def test_imports_point_down_only() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([lint, "--no-cache"], cwd=TOP, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_files_are_at_most_400_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {
        str(path.relative_to(TOP)): lines for path, lines in lengths.items() if lines > LONGEST_FILE
    } == {}


def test_a_folder_has_at_most_15_files() -> None:
    """One that outgrows it is divided by noun; data, such as audio clips and catalogues, does not count."""
    folders = Counter(
        path.parent.relative_to(TOP).as_posix()
        for name in ("callcrm", "webhooks", "templates", "tests", "docs", "scripts")
        for path in (TOP / name).rglob("*")
        if path.suffix in (".py", ".js", ".mjs", ".css", ".html", ".toml", ".md")
        if not {"vendor", "versions", "adr"} & set(path.parts)
    )
    assert {folder: count for folder, count in folders.items() if count > MOST_FILES} == {}


def test_functions_are_at_most_50_lines() -> None:
    assert [
        f"{_where(path, node)} {node.name}"
        for path in SOURCES
        for node in _functions(path)
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ] == []


def test_modules_are_imported_at_the_top() -> None:
    assert [
        _where(path, function)
        for path in SOURCES
        for function in _functions(path)
        for node in ast.walk(function)
        for name in _imported(node)
        if path.is_relative_to(TOP / "callcrm") or name.split(".")[0] in ("callcrm", "webhooks", "")
    ] == []


BY_NAME = {
    "callcrm/api/all_endpoints.py",  # every endpoint
    "callcrm/cli/commands.py",  # a command's file, when it is called
    "callcrm/paths.py",  # webhooks/, wherever it lies
    "callcrm/lazy.py",  # packages that only some settings need, when they are used
    "callcrm/models/__init__.py",  # every table
    "callcrm/web/__init__.py",  # every page
    "tests/api/access/rows/__init__.py",  # every noun's rows of the matrix
}


def test_modules_are_imported_by_name_in_few_places() -> None:
    importing = {path for path in SOURCES if "import_module" in path.read_text(encoding="utf-8")}
    assert {path.relative_to(TOP).as_posix() for path in importing - {Path(__file__)}} == BY_NAME


def test_edges_hold_no_sql() -> None:
    """What a page or the API reads is a question in views/ or a noun; what they do is a verb."""
    edges = [
        path
        for path in SOURCES
        if path.relative_to(TOP).parts[:2] in EDGES or path.is_relative_to(TOP / "webhooks")
    ]
    assert [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in edges
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").startswith("sqlalchemy")
        or (node.module == "sqlmodel" and {alias.name for alias in node.names} - {"Session"})
    ] == []


def test_nothing_is_looked_for_by_like() -> None:
    """Reading every row for a word in it: the full-text index is for that."""
    pattern = re.compile(
        r"\.(contains|i?like|icontains)\(|col\([^)]*\)\.endswith\(|\bI?LIKE\b(?! 'sqlite)|\bi?like '%"
    )
    sources = [path for name in ("callcrm", "webhooks") for path in (TOP / name).rglob("*.py")]
    assert [str(path) for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_cookies_and_forms_have_one_reader_each() -> None:
    """Those of the framework have parsers that take the square of what they read: see `callcrm/edge`."""
    pattern = re.compile(r"(request|socket)\.cookies|request\.form\(")
    sources = [path for name in ("callcrm", "webhooks") for path in (TOP / name).rglob("*.py")]
    sources = [path for path in sources if "simulator" not in path.parts]  # it reads its own client's
    assert [str(path) for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []
