"""Text as people write it: made harmless at the edge, and folded alike on both engines for searching."""

import re
import unicodedata

NUL = "\x00"
# What XML 1.0 has no place for, and every control but newline and tab.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200c]+")
# What turns the direction of the text behind it, and what ends that.
FIRST_STRONG, POP_ISOLATE, POP_EMBEDDING = "\u2068", "\u2069", "\u202c"
ENDS = dict.fromkeys("\u202a\u202b\u202d\u202e", POP_EMBEDDING) | dict.fromkeys(
    "\u2066\u2067\u2068", POP_ISOLATE
)
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Letters that a Persian and an Arabic keyboard write differently and a reader takes for the same.
SAME_LETTER = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ې": "ی",
        "ك": "ک",
        "ڪ": "ک",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ٱ": "ا",
        "ـ": "",
    }
)


def clean(text: str) -> str:
    """The text in NFC, without what XML 1.0 forbids and without controls but newline and tab."""
    if text.isascii() and not UNPRINTABLE.search(text):
        return text
    return unicodedata.normalize("NFC", UNPRINTABLE.sub("", LINE_END.sub("\n", text)))


def one_line(text: str) -> str:
    """The text as a name: clean, in one line, and turning the direction of nothing but itself."""
    return _closed(" ".join(clean(text).split()))


def isolated(text: str) -> str:
    """The text for use within a sentence, whichever way either is written."""
    return f"{FIRST_STRONG}{_closed(text)}{POP_ISOLATE}" if text else ""


def _closed(text: str) -> str:
    """The text with an end for each turn of direction it begins, and no end of what it did not begin."""
    if not TURNS.search(text):
        return text
    kept: list[str] = []
    begun: list[str] = []
    for letter in text:
        if letter in ENDS.values():
            if not begun or begun[-1] != letter:
                continue
            begun.pop()
        elif letter in ENDS:
            begun.append(ENDS[letter])
        kept.append(letter)
    return "".join([*kept, *reversed(begun)])


def has_nul(text: str) -> bool:
    """Whether there is a NUL in it, which PostgreSQL can't store."""
    return NUL in text


def is_storable(text: str) -> bool:
    """Whether both engines can keep the text byte for byte: no NUL, no half of a surrogate pair."""
    try:
        return not has_nul(text) and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False


def fold(text: str) -> str:
    """The text as it is searched: case, accents, digits' script, Arabic letter forms and spacing made one."""
    if not text.isascii():
        text = _fold_letters(text)
    return SPACES.sub(" ", text.casefold()).strip()


def _fold_letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(_plain(letter) for letter in folded.casefold())
    return unicodedata.normalize("NFC", plain.translate(SAME_LETTER))


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if letter == "\u200c":
        return " "
    dropped = unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Cs")
    return "" if dropped else letter
