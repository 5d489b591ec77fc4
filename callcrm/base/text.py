"""Text as people write it: cleaned at the edge, and folded alike on both engines for searching."""

import re
import unicodedata

MAX_RUN = 30  # marks in a row of Unicode's stream-safe text (UAX 15); no language comes near it
# What becomes two marks, and what becomes one without having been one, when it is decomposed. Unicode adds
# no more of them: it promises that normalised text stays normalised.
DECOMPOSED = {"\u0344": 2, "\u0f73": 2, "\u0f75": 2, "\u0f81": 2, "\uff9e": 1, "\uff9f": 1}
NUL = "\x00"
REPLACEMENT = "\ufffd"
SURROGATES = re.compile("[\ud800-\udfff]")
# What XML 1.0 has no place for, and every control but newline and tab.
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_END = re.compile("\r\n?|\x85|\u2028|\u2029")
SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200c]+")
# Unicode's bidirectional controls: an embedding, override or isolate, and what closes each.
FIRST_STRONG_ISOLATE, POP_ISOLATE, POP_EMBEDDING = "\u2068", "\u2069", "\u202c"
BIDI_CLOSERS = dict.fromkeys("\u202a\u202b\u202d\u202e", POP_EMBEDDING) | dict.fromkeys(
    "\u2066\u2067\u2068", POP_ISOLATE
)
BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Ligatures that a search spells out, to 18 and to 8 letters; all others come to 7 at most.
LONG_LIGATURES = {"\ufdfa": 18, "\ufdfb": 8}
MAX_GROWTH = 4  # times its own length, for a text that is searched
# Letters that Persian and Arabic keyboards write differently and readers take for the same.
LETTER_VARIANTS = str.maketrans(
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
    """The text in NFC, without what XML 1.0 forbids, without controls but newline and tab, and with at most
    30 combining marks in a row.
    """
    if text.isascii() and not UNPRINTABLE.search(text):
        return text
    return unicodedata.normalize("NFC", bound_marks(UNPRINTABLE.sub("", LINE_END.sub("\n", text))))


def repair(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which is how Python keeps broken UTF-8."""
    return text if text.isascii() else SURROGATES.sub(REPLACEMENT, text)


def one_line(text: str) -> str:
    """The text clean and in one line, as a name is; its bidi controls act on nothing behind it."""
    return _close_bidi(" ".join(clean(text).split()))


def bidi_isolate(text: str) -> str:
    """The text for use within a sentence, whichever direction either is written in."""
    return f"{FIRST_STRONG_ISOLATE}{_close_bidi(text)}{POP_ISOLATE}" if text else ""


def _close_bidi(text: str) -> str:
    """The text with every bidi control it opens closed, and without closers of what it did not open."""
    if text.isascii() or not BIDI_CONTROLS.search(text):
        return text
    kept: list[str] = []
    open_closers: list[str] = []
    for letter in text:
        if letter in BIDI_CLOSERS.values():
            if not open_closers or open_closers[-1] != letter:
                continue
            open_closers.pop()
        elif letter in BIDI_CLOSERS:
            open_closers.append(BIDI_CLOSERS[letter])
        kept.append(letter)
    return "".join([*kept, *reversed(open_closers)])


def storable(text: str) -> str:
    """The text as both engines can keep it: without NUL, and with U+FFFD for half of a surrogate pair."""
    return repair(text.replace(NUL, ""))


def has_nul(text: str) -> bool:
    """Whether it holds a NUL, which PostgreSQL can't store."""
    return NUL in text


def is_storable(text: str) -> bool:
    """Whether both engines can keep the text byte for byte: no NUL, no half of a surrogate pair."""
    try:
        return not has_nul(text) and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False


def fold_text(text: str) -> str:
    """The text as it is searched: without case or accents, one form of each digit, letter and space."""
    if not text.isascii():
        text = _fold_letters(text)
    return SPACES.sub(" ", text.casefold()).strip()


def _fold_letters(text: str) -> str:
    text = bound_marks(text)
    if _swells(text):
        folded = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold())
    else:
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", folded.casefold().translate(_PLAIN))


def _swells(text: str) -> bool:
    """Whether spelling out its ligatures would make it many times longer; no text that is read does."""
    grown = sum(text.count(ligature) * length for ligature, length in LONG_LIGATURES.items())
    return grown > MAX_GROWTH * (len(text) + LONG_LIGATURES["\ufdfa"])


class _PlainLetters(dict[int, str]):
    """By code point: the letter without what a search ignores. It remembers those of a few scripts."""

    MOST = 4096

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code)).translate(LETTER_VARIANTS)
        if len(self) < self.MOST:
            self[code] = plain
        return plain


_PLAIN = _PlainLetters()


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    if letter == "\u200c":  # the half-space of Persian, which people type or leave out as they like
        return " "
    dropped = unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Cs")
    return "" if dropped else letter


def bound_marks(text: str) -> str:
    """The text without what goes beyond 30 combining marks in a row, counted as they are decomposed."""
    if not any(map(unicodedata.combining, text)) and DECOMPOSED.keys().isdisjoint(text):
        return text
    kept: list[str] = []
    run, base = 0, ""
    for letter in text:
        if unicodedata.combining(letter) or letter in DECOMPOSED:
            run = (run or _marks_behind(base)) + DECOMPOSED.get(letter, 1)
            if run > MAX_RUN:
                continue
        else:
            run, base = 0, letter
        kept.append(letter)
    return "".join(kept)


def _marks_behind(base: str) -> int:
    """How many marks a letter such as U+1EAD ends in."""
    return (
        0
        if base.isascii()
        else sum(unicodedata.combining(part) != 0 for part in unicodedata.normalize("NFKD", base)[1:])
    )
