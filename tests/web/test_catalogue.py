"""The Persian catalogue: complete, with all placeholders, and written by the rules of Persian."""

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
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
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
# The end mark of a translation by that of the English text.
END_MARKS = {".": ".", "?": "؟", "…": "…", ":": ":"}
LATIN = re.compile(r"[A-Za-z]{3,}")
ALLOWED = re.compile(
    r"callcrm( doctor)?( --print-fallback)?|CALLCRM_\w+(=\w+)?|https?|POST|NUL|queues|Alt|Ctrl|CSV|USD"
    r"|xlsx|multipart/form-data"
)
UNTRANSLATED = {
    "Alt",
    "Ctrl",
}


@cache
def words_script() -> ModuleType:
    """The module scripts/words.py."""
    spec = importlib.util.spec_from_file_location("words_script", TOP / "scripts" / "words.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def persian_catalogue() -> Catalog:
    """The Persian catalogue in the repository."""
    with PATH.open("rb") as file:
        return read_po(file, locale="fa")


def messages() -> list[Message]:
    """Every text with its translation."""
    return [message for message in persian_catalogue() if message.id]


def forms_of(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The plural forms of a text; one alone if it has no plural."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def test_the_catalogue_has_exactly_the_texts_of_the_pages() -> None:
    current, stored = (
        {message.id for message in catalogue if message.id}
        for catalogue in (words_script().gathered(), persian_catalogue())
    )
    assert sorted(current - stored, key=str) == [], "run `make words`"
    assert sorted(stored - current, key=str) == [], "run `make words`"
    assert words_script().written(words_script().updated(PATH)) == PATH.read_bytes(), "run `make words`"


def test_no_text_is_said_with_a_plural_here_and_without_one_there() -> None:
    """Python before 3.11.4 finds no translation for the second, as Debian 12's own does."""
    texts = [message for _, _, message, _, _ in words_script().extracted()]
    with_plural = {message[0] for message in texts if not isinstance(message, str)}
    assert sorted(with_plural & {message for message in texts if isinstance(message, str)}) == []


def test_every_text_is_translated_and_none_fuzzy() -> None:
    assert len(messages()) > 500
    assert [message.id for message in messages() if not all(forms_of(message.string))] == []
    assert [message.id for message in messages() if message.fuzzy] == []


def test_each_plural_has_all_its_forms() -> None:
    plurals = [message for message in messages() if message.pluralizable]
    assert len(plurals) > 10
    assert [
        message.id for message in plurals if len(forms_of(message.string)) != persian_catalogue().num_plurals
    ] == []


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    faults = []
    for message in messages():
        expected = set(PLACEHOLDER.findall(forms_of(message.id)[-1]))
        placeholders = [set(PLACEHOLDER.findall(form)) for form in forms_of(message.string)]
        # The singular, as «یک بار», needs no number; the plural does.
        singular = [names | ({"%(n)s"} & expected) for names in placeholders[:-1]]
        if [names for names in (*singular, placeholders[-1]) if names != expected]:
            faults.append((message.id, message.string))
    assert faults == []


@pytest.mark.parametrize("fault", NOT_PERSIAN)
def test_translations_follow_persian_orthography(fault: str) -> None:
    faults = []
    for message in messages():
        # form by form; what fills a placeholder may start and end as it likes
        texts = (CODE.sub("A", PLACEHOLDER.sub("A", form)) for form in forms_of(message.string))
        faults += [text for text in texts if NOT_PERSIAN[fault].search(text)]
    assert faults == []


def test_a_translation_ends_as_its_text_does() -> None:
    faults = []
    for message in messages():
        for english, translation in zip(forms_of(message.id), forms_of(message.string), strict=True):
            end_mark = END_MARKS.get(english[-1], "")
            if not translation.endswith(end_mark) or (not end_mark and translation[-1] in ".؟:"):
                faults.append((english, translation))
    assert faults == []


def test_nothing_is_left_in_english() -> None:
    assert {str(message.id) for message in messages() if message.string == message.id} == UNTRANSLATED
    texts = [translation for message in messages() for translation in forms_of(message.string)]
    assert [
        translation
        for translation in texts
        if LATIN.search(ALLOWED.sub("", PLACEHOLDER.sub("", translation)))
    ] == []
