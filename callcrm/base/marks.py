"""Bounded runs of combining marks: to normalise a text takes the square of its longest run."""

from unicodedata import combining, normalize

MAX_RUN = 30  # marks in a row of Unicode's stream-safe text (UAX 15); no language comes near it
# What becomes two marks, and what becomes one without having been one, when it is decomposed. Unicode adds
# no more of them: it promises that normalised text stays normalised.
DECOMPOSED = {"\u0344": 2, "\u0f73": 2, "\u0f75": 2, "\u0f81": 2, "\uff9e": 1, "\uff9f": 1}


def bound_marks(text: str) -> str:
    """The text without what goes beyond 30 combining marks in a row, counted as they are decomposed."""
    if not any(map(combining, text)) and DECOMPOSED.keys().isdisjoint(text):
        return text
    kept: list[str] = []
    run, base = 0, ""
    for letter in text:
        if combining(letter) or letter in DECOMPOSED:
            run = (run or _marks_behind(base)) + DECOMPOSED.get(letter, 1)
            if run > MAX_RUN:
                continue
        else:
            run, base = 0, letter
        kept.append(letter)
    return "".join(kept)


def _marks_behind(base: str) -> int:
    """How many marks a letter such as U+1EAD ends in."""
    return 0 if base.isascii() else sum(combining(part) != 0 for part in normalize("NFKD", base)[1:])
