"""The Persian catalogue: every text the pages say is in it, with its places, as Persian is written."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

TOP = Path(__file__).parents[2]
PATH = TOP / "callcrm" / "locale" / "fa" / "LC_MESSAGES" / "messages.po"
PLACE = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
# What is written in Latin letters and digits in every language: keys, settings, addresses, codes.
CODE = re.compile(r"\bF\d\d?\b|\b[A-Z]+(?:_[A-Z]+)+\b|https?://\S+")
PERSIAN = "ء-یٔ‌"
NOT_PERSIAN = {
    "an Arabic letter for a Persian one": re.compile("[يىكة]"),
    "Arabic digits": re.compile("[٠-٩]"),
    "Latin digits": re.compile("[0-9]"),
    "straight or English quotation marks": re.compile(f"[\"“”]|'(?=[{PERSIAN}])|(?<=[{PERSIAN}])'"),
    "Latin punctuation": re.compile(f"(?<=[{PERSIAN}])[,;?]"),
    "a joiner that joins nothing": re.compile(f"‌(?![{PERSIAN}])|(?<![{PERSIAN}])‌|‌‌"),
    "a space before a mark": re.compile(r"\s[،؛؟:.!»]"),
    "two spaces, or one at an end": re.compile(r"\s\s|^\s|\s$"),
    "no space after a mark": re.compile(f"[،؛؟](?=[{PERSIAN}])"),
}
# A sentence stays one, a label stays one.
ENDS = {".": ".", "?": "؟", "…": "…", ":": ":"}
LATIN = re.compile(r"[A-Za-z]{3,}")
ALLOWED = re.compile(
    r"callcrm( doctor)?( --print-fallback)?|CALLCRM_\w+(=\w+)?|https?|POST|NUL|queues|Alt|Ctrl"
)
SAME = {"Alt", "Ctrl", "%(name)s: %(what)s"}


@cache
def tool() -> ModuleType:
    """scripts/words.py."""
    spec = importlib.util.spec_from_file_location("words_script", TOP / "scripts" / "words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def persian() -> Catalog:
    """The Persian catalogue, as it is written."""
    with PATH.open("rb") as file:
        return read_po(file, locale="fa")


def messages() -> list[Message]:
    """Every text and what it is in Persian."""
    return [message for message in persian() if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A text with one form or several, as several."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def test_the_catalogue_has_what_the_pages_say_and_nothing_else() -> None:
    now, written = (
        {message.id for message in found if message.id} for found in (tool().gathered(), persian())
    )
    assert sorted(now - written, key=str) == [], "run `make words`"
    assert sorted(written - now, key=str) == [], "run `make words`"
    assert tool().written(tool().updated(PATH)) == PATH.read_bytes(), "run `make words`"


def test_every_text_is_translated_for_certain() -> None:
    assert len(messages()) > 500
    assert [message.id for message in messages() if not all(forms(message.string))] == []
    assert [message.id for message in messages() if message.fuzzy] == []


def test_each_number_has_its_form() -> None:
    several = [message for message in messages() if message.pluralizable]
    assert len(several) > 10
    assert [message.id for message in several if len(forms(message.string)) != persian().num_plurals] == []


def test_what_is_put_into_a_text_is_put_into_its_translation() -> None:
    wrong = []
    for message in messages():
        wanted = set(PLACE.findall(forms(message.id)[-1]))
        said = [set(PLACE.findall(form)) for form in forms(message.string)]
        # «یک بار» has no need of the number; the form for many has
        once = [one | ({"%(n)s"} & wanted) for one in said[:-1]]
        if [one for one in (*once, said[-1]) if one != wanted]:
            wrong.append((message.id, message.string))
    assert wrong == []


@pytest.mark.parametrize("fault", NOT_PERSIAN)
def test_it_is_written_as_persian_is(fault: str) -> None:
    wrong = []
    for message in messages():
        # each by itself: what fills a place starts and ends as it likes
        bare = (CODE.sub("A", PLACE.sub("A", form)) for form in forms(message.string))
        wrong += [one for one in bare if NOT_PERSIAN[fault].search(one)]
    assert wrong == []


def test_a_sentence_ends_as_a_sentence() -> None:
    wrong = []
    for message in messages():
        for english, said in zip(forms(message.id), forms(message.string), strict=True):
            mark = ENDS.get(english[-1], "")
            if not said.endswith(mark) or (not mark and said[-1] in ".؟:"):
                wrong.append((english, said))
    assert wrong == []


def test_nothing_is_left_in_english() -> None:
    assert {str(message.id) for message in messages() if message.string == message.id} == SAME
    texts = [said for message in messages() for said in forms(message.string)]
    assert [said for said in texts if LATIN.search(ALLOWED.sub("", PLACE.sub("", said)))] == []
