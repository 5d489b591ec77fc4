"""A stranger's ten questions still have their answers where the page says."""

import ast
import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "quality" / "ten-questions.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^\| ([^|]+\?) \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)


def test_there_are_ten() -> None:
    assert len(ANSWERS) == 10


@pytest.mark.parametrize(("question", "file", "symbol"), ANSWERS)
def test_the_answer_is_there(question: str, file: str, symbol: str) -> None:
    module = ast.parse((TOP / file).read_text(encoding="utf-8"))
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert symbol in {node.name for node in module.body if isinstance(node, definitions)}, question
