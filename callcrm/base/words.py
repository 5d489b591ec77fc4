"""Words as they are searched: folded, without punctuation, compounds of the half-space in every spelling."""

import re
from collections.abc import Iterator
from itertools import pairwise

from callcrm.base.text import fold_text

HALF_SPACE = "\u200c"
LONGEST_WORD = 64  # letters; the rest of a longer one is not searched
SHORTEST_PART = 3  # letters of the end of a name by which it is found
NO_WORD = re.compile(r"[\W_]+")
PERSIAN = re.compile(r"[\u0620-\u064a\u066e-\u06d3]+")


def words(text: str) -> list[str]:
    """The words of a text, in order: letters and digits alone, folded."""
    return [word[:LONGEST_WORD] for word in NO_WORD.split(fold_text(text)) if word]


def search_text(text: str) -> str:
    """The words of a text, and its Persian compounds written joined: people type a half-space, a space or
    nothing between their parts.
    """
    separate = words(text)
    return " ".join([*separate, *_joined(text, separate)])


def name_search_text(name: str, longest: int) -> str:
    """The same for a name, with the ends of its words, so that a part of a name finds it; at most so many
    characters.
    """
    separate = words(name)
    ends = (word[start:] for word in separate for start in range(1, len(word) - SHORTEST_PART + 1))
    return _cut(dict.fromkeys([*separate, *_joined(name, separate), *ends]), longest)


def spellings(text: str, most: int) -> list[list[str]]:
    """The ways in which a text with these words may write its compounds; of the first `most` words."""
    separate = words(text)[:most]
    whole = words(text.replace(HALF_SPACE, ""))[:most]
    ways = [separate, whole]
    for place, (first, second) in enumerate(pairwise(separate)):
        if _is_persian(first, second):
            ways.append([*separate[:place], first + second, *separate[place + 2 :]])
    return [list(way) for way in dict.fromkeys(map(tuple, ways))]


def _joined(text: str, separate: list[str]) -> Iterator[str]:
    """Compounds written joined that are no words of the text already."""
    single = set(separate)
    whole = words(text.replace(HALF_SPACE, "")) if HALF_SPACE in text else []
    pairs = (
        (first + second)[:LONGEST_WORD] for first, second in pairwise(separate) if _is_persian(first, second)
    )
    yield from (word for word in dict.fromkeys([*whole, *pairs]) if word not in single)


def _is_persian(*parts: str) -> bool:
    return all(PERSIAN.fullmatch(part) for part in parts)


def _cut(parts: dict[str, None], longest: int) -> str:
    """As many of the parts, from the first, as fit."""
    kept: list[str] = []
    length = -1
    for part in parts:
        length += len(part) + 1
        if length > longest:
            break
        kept.append(part)
    return " ".join(kept)
