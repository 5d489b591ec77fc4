"""Phone numbers: every spelling of one number to one key, and callers who show none to no key at all."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberFormat, ValidationResult

LONGEST = 128
# How the carrier spells a caller without a number: a word typed on a keypad.
SENTINELS = frozenset(
    {
        "266696687",  # ANONYMOUS
        "7378742833",  # RESTRICTED
        "2562533",  # BLOCKED
        "8656696",  # UNKNOWN
        "86282452253",  # UNAVAILABLE
    }
)
WITHHELD_WORDS = frozenset(
    {
        "",
        "anonymous",
        "blocked",
        "callerid unavailable",
        "hidden",
        "no caller id",
        "not available",
        "null",
        "private",
        "private number",
        "restricted",
        "unavailable",
        "unknown",
        "unknown number",
        "withheld",
    }
)
SCHEME = re.compile(r"(?:tel|whatsapp|sms):(?://)?", re.IGNORECASE)
CONTEXT = re.compile(r";phone-context=(\+[0-9-]+)", re.IGNORECASE)
EXTENSION = re.compile(
    r"\s*(?:;ext=|(?:extension|extn?|x|int|anexo|ramal|poste|доб|داخلی)[.:=\s]*|#\s*|[,;]+\s*)[0-9]{1,11}\s*#?$",
    re.IGNORECASE,
)
PARAMETERS = re.compile(r";[a-z-]+(?:=[^;]*)?", re.IGNORECASE)
SPELLING = re.compile(r"[(\[\s]*(\+?)([0-9(\[\s][0-9()\[\]\s./~_\-‐-―−]*)")
NOT_DIGITS = re.compile(r"[^0-9]+")
FEWEST_DIGITS = 7  # of an E.164 number; fewer is a short code
FEWEST_WITHOUT_PROOF = 7  # of a number written nationally; fewer must be proved no short code
POSSIBLE = ValidationResult.IS_POSSIBLE
LOCAL = ValidationResult.IS_POSSIBLE_LOCAL_ONLY


def to_e164(raw: str | None, region: str) -> str | None:
    """The one key (E.164) of a number however it is spelt, or None for who shows no number that can be rung.

    `region` (ISO country) is whose dialling rules apply to a number written nationally. A number is
    taken if it is possible, valid or not: numbering plans grow faster than tables of them.
    """
    return _key(raw, region) if raw and len(raw) <= LONGEST else None


def is_withheld(raw: str | None) -> bool:
    """Whether the caller keeps their number to themselves, in any of the ways carriers have to say so."""
    shown = raw or ""
    word = " ".join((shown if shown.isascii() else _ascii(shown)).split()).casefold().strip("<>\"'")
    return word in WITHHELD_WORDS or word.removeprefix("+") in SENTINELS


@lru_cache(maxsize=16384)
def _key(raw: str, region: str) -> str | None:
    if is_withheld(raw):
        return None
    spelt = _spelt(raw if raw.isascii() else _ascii(raw))
    if spelt is None:
        return None
    international, digits = spelt
    number = _international(digits) if international else _national(digits, region)
    if number is None:
        return None
    key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(key) <= FEWEST_DIGITS:
        return None
    # What is left must stand by itself: two trunk prefixes, or a withheld caller spelt out, were no number.
    return key if key == raw or _key(key, region) == key else None


def _ascii(raw: str) -> str:
    """The same with every script's digits as 0-9 and without invisible marks; "" if a digit is no digit."""
    letters = []
    for letter in raw:
        if letter.isdecimal():
            letters.append(str(unicodedata.decimal(letter)))
        elif letter.isnumeric():
            return ""
        elif unicodedata.category(letter) != "Cf":
            letters.append(unicodedata.normalize("NFKC", letter))
    return "".join(letters)


def _spelt(raw: str) -> tuple[bool, str] | None:
    """Whether it is written internationally, and its digits; None if it is no spelling of one number."""
    text = raw.strip()
    scheme = SCHEME.match(text)
    context = None
    if scheme:
        context = CONTEXT.search(text)
        text = text[scheme.end() :]
    text = EXTENSION.sub("", text)
    if scheme:
        text = EXTENSION.sub("", PARAMETERS.sub("", text))
    spelling = SPELLING.fullmatch(text)
    if spelling is None:
        return None
    digits = NOT_DIGITS.sub("", spelling[2])
    if context and not spelling[1]:
        return True, NOT_DIGITS.sub("", context[1]) + digits
    return bool(spelling[1]), digits


def _international(digits: str) -> PhoneNumber | None:
    if not digits or digits[0] == "0":
        return None
    return _whole(_parsed(f"+{digits}", None))


def _whole(number: PhoneNumber | None) -> PhoneNumber | None:
    """The number, if its length is possible; one without an area too, such as +1 555 01xx: whoever
    wrote the country wrote all there is.
    """
    return number if number and _reason(number) in (POSSIBLE, LOCAL) else None


def _national(digits: str, region: str) -> PhoneNumber | None:
    number = _parsed(digits, region)
    if _dialled_abroad(number):
        return _whole(number)
    if digits.startswith("00"):
        return _international(digits[2:])
    if number is None or _reason(number) != POSSIBLE:
        return None
    if len(digits) < FEWEST_WITHOUT_PROOF and not _proved(number, digits, region):
        return None
    return number


def _dialled_abroad(number: PhoneNumber | None) -> bool:
    """Whether the region itself reads these first digits as its prefix for dialling abroad."""
    source = number.country_code_source if number else None
    return source == CountryCodeSource.FROM_NUMBER_WITH_IDD


def _proved(number: PhoneNumber, digits: str, region: str) -> bool:
    short = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=int(digits))
    return phonenumbers.is_valid_number_for_region(number, region) and not phonenumbers.is_valid_short_number(
        short
    )


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=region is not None)
    except phonenumbers.NumberParseException:
        return None


def _reason(number: PhoneNumber) -> int:
    return phonenumbers.is_possible_number_with_reason(number)
