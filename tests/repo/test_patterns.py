"""Every regular expression of ours takes time that grows with the text and not with its square."""

import ast
import itertools
import pkgutil
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]  # what it parses a pattern into, for its letters

import pytest

ROOT = Path(__file__).parents[2]
LENGTH = 100_000  # characters
MOST = 0.05  # seconds of CPU
METHODS = {"match", "search", "fullmatch", "sub", "split", "findall", "finditer"}
# Letters that patterns treat alike, and openings that a match begins with and never ends.
LETTERS = 'a1+- (:@;<"\u0301\u06f1'
OPENINGS = [
    "",
    "+",
    "bytes=",
    "sip:",
    "http://",
    "note_",
    "sqlite:///",
    '<symbol id="i-',
    "2026-01-05",
    "{",
    "/",
]


@dataclass(frozen=True)
class Use:
    """A pattern and how it is used."""

    place: str
    pattern: str
    flags: int
    method: str

    def run(self, text: str) -> None:
        compiled = re.compile(self.pattern, self.flags)
        if self.method == "sub":
            compiled.sub("", text)
        elif self.method == "finditer":
            sum(1 for _ in compiled.finditer(text))
        else:
            getattr(compiled, self.method)(text)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("callcrm", "webhooks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def uses() -> Iterator[Use]:
    """Every call of a method of a compiled pattern, and of a function of `re` with a pattern in it."""
    for name, tree in modules():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            function = call.func
            if not isinstance(function, ast.Attribute) or function.attr not in METHODS:
                continue
            if not isinstance(function.value, ast.Name):
                continue
            if function.value.id == "re":
                yield Use(name, ast.literal_eval(call.args[0]), 0, function.attr)
                continue
            compiled = getattr(pkgutil.resolve_name(name), function.value.id, None)
            if isinstance(compiled, re.Pattern) and isinstance(compiled.pattern, str):
                yield Use(f"{name}.{function.value.id}", compiled.pattern, compiled.flags, function.attr)


ALL_USES = sorted(set(uses()), key=lambda use: (use.place, use.method))


def letters_of(pattern: str) -> set[str]:
    """The letters a pattern names, however deep."""
    found: set[str] = set()

    def walk(part: object) -> None:
        if isinstance(part, tuple) and len(part) == 2 and str(part[0]) == "LITERAL":
            found.add(chr(part[1]))
        elif isinstance(part, (tuple, list, _parser.SubPattern)):
            for inner in part:
                walk(inner)

    walk(_parser.parse(pattern))
    return found


def adversaries(pattern: str) -> Iterator[str]:
    """Texts of one letter or two over and over, with what may begin a match and what must break it."""
    own = sorted(letters_of(pattern) - {*LETTERS})
    pairs = map("".join, itertools.permutations([*"a1 ", *own[:2]], 2))
    for word in (*LETTERS, *own[:8], *pairs, "<b>", "1.", "a@b."):
        yield _repeated("", word)
    for opening, word in itertools.product(OPENINGS, "a1 ("):
        yield _repeated(opening, word)


def _repeated(opening: str, word: str) -> str:
    return (opening + word * (LENGTH // len(word))) + "!\ufffd"


def seconds(use: Use, text: str) -> float:
    """CPU seconds, measured again where the first time was too long: the machine does other things too."""
    taken = _measured(use, text)
    return taken if taken < MOST else min(taken, _measured(use, text), _measured(use, text))


def _measured(use: Use, text: str) -> float:
    began = time.thread_time()
    use.run(text)
    return time.thread_time() - began


@pytest.mark.parametrize("use", ALL_USES, ids=lambda use: f"{use.place}.{use.method}")
def test_no_pattern_takes_the_square_of_its_text(use: Use) -> None:
    slow = [(text[:20], took) for text in adversaries(use.pattern) if (took := seconds(use, text)) >= MOST]
    assert slow == []


def test_a_pattern_that_takes_the_square_would_be_noticed() -> None:
    slow = Use("mutant", r"\s*x$", 0, "search")
    assert seconds(slow, " " * 10_000 + "!") > MOST


def test_the_patterns_are_found() -> None:
    assert {"callcrm.base.phones.EXTENSION", "callcrm.agents.user_fields.EMAIL"} <= {
        use.place for use in ALL_USES
    }
    assert len(ALL_USES) > 40
