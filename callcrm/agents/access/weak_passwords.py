"""Passwords that are tried first: common and breached ones, and those made of names anybody knows.

The list is that of `@zxcvbn-ts/language-common`: 49,000 of the commonest passwords of known breaches, put
beside the front-end files at set-up. It is read when a password is set, and not kept in memory.
"""

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

import structlog

from callcrm.base.errors import Refused
from callcrm.paths import PACKAGE

LIST = PACKAGE / "static" / "vendor" / "common-passwords.txt"  # one a line, in lower case
OUR_NAME = "callcrm"
SHORTEST_WORD = 3  # letters: shorter ones are in everything
LEAST_BESIDE_WORDS = 4  # letters a password needs besides the words
NO_LETTERS = re.compile(r"[\W\d_]+")
AT_THE_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
log = structlog.get_logger()


class WeakPassword(Refused):
    """A password that would be guessed: `why` is "common" or "personal"."""

    def __init__(self, why: str) -> None:
        texts = {
            "common": "this password is a common one, and among the first that are tried",
            "personal": "this password is made of a name or an address that others know",
        }
        super().__init__(texts[why], field="password")
        self.why = why


def own_words(name: str, email: str, public_url: str = "") -> frozenset[str]:
    """The words a password must not be made of: of the user's name and e-mail address, and of the business as
    its addresses name it.
    """
    host = urlsplit(public_url).hostname or ""
    folded = " ".join(_fold(text) for text in (name, email, host, OUR_NAME))
    pieces = {*NO_LETTERS.split(folded), *(NO_LETTERS.sub("", part) for part in re.split(r"[\s@.]+", folded))}
    return frozenset(piece for piece in pieces if len(piece) >= SHORTEST_WORD)


def refuse_weak(password: str, words: Collection[str]) -> None:
    """WeakPassword for one that is common, repeats itself, or has little besides these words."""
    folded = _fold(password)
    if _repeats(folded):
        raise WeakPassword("common")
    letters = NO_LETTERS.sub("", folded)
    without = letters
    for word in sorted(words, key=len, reverse=True):
        without = without.replace(word, "")
    if without != letters and len(without) < LEAST_BESIDE_WORDS:
        raise WeakPassword("personal")
    if _is_listed({folded, AT_THE_ENDS.sub("", folded)}):
        raise WeakPassword("common")


def _fold(text: str) -> str:
    """The text as it is compared: full-width signs as plain ones, without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _repeats(text: str) -> bool:
    """Whether the text is one piece of at most four characters again and again."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, 5))


def _is_listed(passwords: Collection[str]) -> bool:
    try:
        listed = LIST.read_bytes()
    except OSError:
        log.error("the list of common passwords is missing: make setup puts it in place")
        return False
    return any(f"\n{password}\n".encode() in listed for password in passwords if password)
