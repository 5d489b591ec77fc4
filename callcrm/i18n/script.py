"""The language of a text that somebody wrote, as far as its script tells it."""

import unicodedata

SAMPLE = 400  # characters
SCRIPTS = {"ARABIC": "fa", "LATIN": "en"}


def language_of(text: str) -> str | None:
    """The language that most letters at the beginning of a text suggest; None where there are none of them.

    A program that reads the page aloud chooses its voice by it: any Latin text is nearer to English than to
    Persian, any Arabic one nearer to Persian than to English.
    """
    letters = dict.fromkeys(SCRIPTS, 0)
    for character in text[:SAMPLE]:
        script = unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""
        if script in letters:
            letters[script] += 1
    script = max(letters, key=lambda name: letters[name])
    return SCRIPTS[script] if letters[script] else None
