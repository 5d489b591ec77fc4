"""The glossary has every table and package of ours, each word once, each in one sentence."""

import re
from pathlib import Path

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
