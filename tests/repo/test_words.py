"""The glossary has every table and package of ours, each word once, each in one sentence; and the code's own
names say what they hold, in such words.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

import callcrm.models
from callcrm.paths import PACKAGE

TOP = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| ([^|]*)\|$",
    (TOP / "docs" / "glossary.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
WORDS = [word for words, _, _ in ROWS if words not in ("word", "---") for word in words.split(", ")]
LONGEST = 200
# What was found, asked or given may be anything: a name is the noun for the thing, or the verb for the deed.
FORBIDDEN = {
    *("asked", "found", "given", "known", "said", "told"),
    *("mine", "one", "them", "there", "thing", "things", "who"),
    *("info", "item2", "obj", "res", "ret", "stuff", "tmp", "val"),
}


def _packages() -> set[str]:
    inside = {path.parent.name for path in PACKAGE.rglob("__init__.py")}
    return inside | {"webhooks"}


def test_every_table_is_in_it() -> None:
    assert callcrm.models.__all__
    assert set(SQLModel.metadata.tables) - set(WORDS) == set()


def test_every_package_is_in_it() -> None:
    singular = {word.removesuffix("s") for word in WORDS} | set(WORDS)
    assert {
        name for name in _packages() if name not in singular and name.removesuffix("s") not in singular
    } == set()


def test_a_word_means_one_thing() -> None:
    assert sorted(word for word in set(WORDS) if WORDS.count(word) > 1) == []


def test_it_says_each_in_one_sentence() -> None:
    meanings = {words: meaning for words, meaning, _ in ROWS if words not in ("word", "---")}
    assert {words: meaning for words, meaning in meanings.items() if len(meaning) > LONGEST} == {}
    assert [words for words, meaning in meanings.items() if ". " in meaning] == []


def test_it_is_as_long_as_one_reads() -> None:
    assert 60 <= len(WORDS) <= 240


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
