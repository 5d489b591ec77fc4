"""Phone numbers: every spelling of a number as one E.164 key; withheld numbers have none."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberFormat, ValidationResult

from callcrm.base.errors import Refused
from callcrm.base.text import one_line

MAX_LENGTH = 128  # characters
MAX_FIELD = 255  # characters of what a carrier says of a caller
MAX_SHOWN = 80  # characters of an address that is no number
# What the carrier sends for a caller without a number: a word typed on a keypad.
KEYPAD_WORDS = frozenset(
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
# RFC 3966 URIs (`tel:…;phone-context=+44;ext=12`), and the addresses of WhatsApp and SMS.
SCHEME = re.compile(r"(?:tel|whatsapp|sms):(?://)?", re.IGNORECASE)
CONTEXT = re.compile(r";phone-context=(\+[0-9-]+)", re.IGNORECASE)
EXTENSION = re.compile(
    r"(?<!\s)\s*+(?:;ext=|(?:extension|extn?|x|int|anexo|ramal|poste|доб|داخلی)[.:=\s]*|#\s*|(?<![,;])[,;]+\s*)[0-9]{1,11}\s*#?$",
    re.IGNORECASE,
)
# A SIP address, bare or after a display name and in angle brackets (RFC 3261), up to its parameters.
SIP_ADDRESS = re.compile(r"(?:^|<)\s*(sips?):([^\s;?<>]+)", re.IGNORECASE)
# What RFC 3323 writes for a caller who keeps their address to themselves.
ANONYMOUS_HOST = "anonymous.invalid"
PARAMETERS = re.compile(r";[a-z-]+(?:=[^;]*)?", re.IGNORECASE)
SPELLING = re.compile(r"[(\[\s]*+(\+?)([0-9(\[\s][0-9()\[\]\s./~_\-‐-―−]*)")
NOT_DIGITS = re.compile(r"[^0-9]+")
MIN_E164_LENGTH = 8  # with its plus; shorter is a short code
MIN_NATIONAL_DIGITS = 7  # fewer are taken only where the numbering plan knows them as no short code
MOST_PASTED = 20
AROUND = " \t\u00a0<>\"'«»“”"
# What ends one number and begins the next: a sign or the exit code of most countries begins another.
MARKS = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]{0,4}"
BETWEEN = re.compile(
    rf"[,;|\n\r\t\v\f،؛]+|\s/\s|\s{{1,4}}(?={MARKS}(?:\+|tel:|00\d))|(?<=[\d)\]])(?={MARKS}(?:\+|tel:))",
    re.IGNORECASE,
)
POSSIBLE = ValidationResult.IS_POSSIBLE
LOCAL = ValidationResult.IS_POSSIBLE_LOCAL_ONLY


def to_e164(raw: str | None, region: str) -> str | None:
    """The E.164 form of a number however it is spelt, or None if it is no number that can be rung.

    `region` (ISO country) is whose dialling rules apply to a number written nationally. A number is
    accepted if it is possible, valid or not: numbering plans grow faster than tables of them.
    """
    return _e164(raw, region) if raw and len(raw) <= MAX_LENGTH else None


def split_numbers(text: str) -> list[str]:
    """The pieces of a text that may each be a number."""
    return _pieces(text)[:MOST_PASTED]


def _pieces(text: str) -> list[str]:
    return [piece for piece in (piece.strip(AROUND) for piece in BETWEEN.split(text)) if piece]


def spelt_numbers(text: str, region: str) -> dict[str, str]:
    """By E.164: each number in a text, as it is spelt there; empty where one of them is none that can be
    rung, or there are more than MOST_PASTED.
    """
    pieces = [text.strip(AROUND)]
    if to_e164(pieces[0], region) is None:
        pieces = _pieces(text)
    numbers: dict[str, str] = {}
    for piece in pieces[: MOST_PASTED + 1]:
        e164 = to_e164(piece, region)
        if e164 is None:
            return {}
        numbers.setdefault(e164, piece)
    return numbers if len(pieces) <= MOST_PASTED else {}


def wanted_numbers(text: str, region: str) -> list[str]:
    """The numbers (E.164) that a list is to be filtered by: all that the text has. None for what is no
    number at all, such as a short code or `anonymous`; Refused for one that can't be understood.
    """
    numbers = list(spelt_numbers(text, region))
    digits = sum(letter.isdecimal() for letter in text[: MAX_FIELD + 1])
    if (
        not numbers
        and digits >= MIN_NATIONAL_DIGITS
        and not is_withheld(text)
        and not SIP_ADDRESS.search(text)
    ):
        raise Refused("This is no number that can be rung, nor several.", field="phone")
    return numbers


def is_withheld(raw: str | None) -> bool:
    """Whether the caller withholds their number, in any of the ways carriers have to say so."""
    text = raw or ""
    sip = SIP_ADDRESS.search(text[:MAX_FIELD])
    if sip:
        user, _, host = sip[2].casefold().rpartition("@")
        return host == ANONYMOUS_HOST or bool(user and _is_withheld_word(user))
    return _is_withheld_word(text)


def _is_withheld_word(text: str) -> bool:
    word = " ".join((text if text.isascii() else _ascii(text) or text).split()).casefold().strip("<>\"'")
    return word in WITHHELD_WORDS or word.removeprefix("+") in KEYPAD_WORDS


def shown_address(raw: str | None) -> str | None:
    """What a caller without a number is shown as: their SIP address without its parameters, the short code,
    or whatever else the carrier says, in one line of at most 80 characters. None if they withhold it.
    """
    if not raw or is_withheld(raw):
        return None
    sip = SIP_ADDRESS.search(raw[:MAX_FIELD])
    text = f"{sip[1].lower()}:{sip[2]}" if sip else one_line(raw)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


@lru_cache(maxsize=16384)
def _e164(raw: str, region: str) -> str | None:
    if is_withheld(raw):
        return None
    split = _split(raw if raw.isascii() else _ascii(raw))
    if split is None:
        return None
    is_international, digits = split
    number = _international(digits) if is_international else _national(digits, region)
    if number is None:
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(e164) < MIN_E164_LENGTH:
        return None
    # The result must stand by itself: two trunk prefixes, or a withheld caller spelt out, were no number.
    return e164 if e164 == raw or _e164(e164, region) == e164 else None


def _ascii(raw: str) -> str:
    """The text with every script's digits as 0-9 and no invisible marks; "" if it holds a number like ½."""
    letters = []
    for letter in raw:
        if letter.isdecimal():
            letters.append(str(unicodedata.decimal(letter)))
        elif letter.isnumeric():
            return ""
        elif unicodedata.category(letter) != "Cf":
            letters.append(unicodedata.normalize("NFKC", letter))
    return "".join(letters)


def _split(raw: str) -> tuple[bool, str] | None:
    """Whether it is written internationally, and its digits; None if it is no spelling of a number."""
    text = raw.strip().strip(AROUND)
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
    return _if_possible(_parse(f"+{digits}", None))


def _if_possible(number: PhoneNumber | None) -> PhoneNumber | None:
    """The number, if its length is possible; one without an area code too, such as +1 555 01xx: whoever
    wrote the country code wrote the whole number.
    """
    return number if number and _possibility(number) in (POSSIBLE, LOCAL) else None


def _national(digits: str, region: str) -> PhoneNumber | None:
    number = _parse(digits, region)
    if _has_exit_code(number):
        return _if_possible(number)
    if digits.startswith("00"):  # the exit code of most countries is used in all the others too
        return _international(digits[2:])
    if number is None or _possibility(number) != POSSIBLE:
        return None
    if len(digits) < MIN_NATIONAL_DIGITS and not _is_known_subscriber(number, digits, region):
        return None
    return number


def _has_exit_code(number: PhoneNumber | None) -> bool:
    """Whether it begins with the digits the region dials to call abroad (00, 011 and others)."""
    source = number.country_code_source if number else None
    return source == CountryCodeSource.FROM_NUMBER_WITH_IDD


def _is_known_subscriber(number: PhoneNumber, digits: str, region: str) -> bool:
    """Whether the region's numbering plan has it as a subscriber's number and not as a short code."""
    short = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=int(digits))
    return phonenumbers.is_valid_number_for_region(number, region) and not phonenumbers.is_valid_short_number(
        short
    )


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region, keep_raw_input=region is not None)
    except phonenumbers.NumberParseException:
        return None


def _possibility(number: PhoneNumber) -> int:
    return phonenumbers.is_possible_number_with_reason(number)
