"""Dates, times and counts as people type and paste them, in digits of any script."""

import unicodedata

LONGEST = 100  # letters; no date or time has as many
# What stands between the parts of dates and times, in other scripts and from word processors.
SEPARATORS = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("∶：", ":") | dict.fromkeys("⁄∕؍", "/")
)


def normalized(text: str) -> str:
    """The text with ASCII digits and separators, and without spaces around it and marks that are not seen:
    of direction, of order, half-spaces. What is longer than any date is as it was.
    """
    if text.isascii() or len(text) > LONGEST:
        return text.strip()
    seen = (letter for letter in text.translate(SEPARATORS) if unicodedata.category(letter) != "Cf")
    return "".join(_digit(letter) for letter in seen).strip()


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter
