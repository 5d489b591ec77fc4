"""Names say what they hold, in the field's words: none that would fit anything at all."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
# What was found, asked or given may be anything: a name is the noun for the thing, or the verb for the deed.
FORBIDDEN = {
    *("asked", "found", "given", "known", "said", "told"),
    *("mine", "one", "them", "there", "thing", "things", "who"),
    *("info", "item2", "obj", "res", "ret", "stuff", "tmp", "val"),
}


def weak_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and name of every variable, parameter, function and class of a forbidden name. A column or a
    field of a class, as `asked` of a survey's results, is named by the outer contract.
    """
    fields = {
        id(part.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if id(node) in fields:
                continue
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) if name:
                pass
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case _:
                continue
        if name.strip("_").lower() in FORBIDDEN:
            yield node.lineno, name


@pytest.mark.parametrize("folder", ["callcrm", "webhooks"])
def test_a_name_says_what_it_holds(folder: str) -> None:
    assert [
        f"{path.relative_to(TOP)}:{line}: {name}"
        for path in sorted((TOP / folder).rglob("*.py"))
        for line, name in weak_names(ast.parse(path.read_text(encoding="utf-8")))
    ] == []


@pytest.mark.parametrize(
    "code",
    [
        "found = 1",
        "for one in rows: pass",
        "[thing for thing in rows]",
        "(known := 1)",
        "asked, answered = sums",
        "def read(told): pass",
        "lambda *, said: said",
        "def _given(): pass",
        "class Said: pass",
        "with file as tmp: pass",
        "try: pass\nexcept ValueError as val: pass",
        "match row:\n case {'a': mine}: pass",
    ],
)
def test_a_weak_name_would_be_noticed(code: str) -> None:
    assert [name.strip("_").lower() in FORBIDDEN for _, name in weak_names(ast.parse(code))] == [True]


def test_fields_are_named_by_the_contract() -> None:
    assert [*weak_names(ast.parse("class Result:\n    asked: int\n    rate: float"))] == []
