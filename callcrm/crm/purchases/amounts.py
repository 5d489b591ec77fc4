"""Amounts of money as people write them: in any digits, with points and commas, and signs of currencies."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from babel.numbers import get_territory_currencies

from callcrm.base.money import LARGEST, Money, currencies, minor_digits
from callcrm.base.typed_text import normalized

LONGEST = 64  # letters
TOMAN, RIAL = 10, "IRR"  # ten rials, and what everybody reckons in
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "﷼": RIAL, "₺": "TRY"}
WORDS = {"ریال": RIAL, "rial": RIAL, "rials": RIAL, "دلار": "USD", "یورو": "EUR", "euro": "EUR"}
TOMANS = frozenset({"تومان", "تومن", "toman", "tomans"})
NUMBER = re.compile(r"[+-]?\d[\d.,'٫٬ \u00a0\u202f]*|[+-]?[.,٫]\d+")
PLAIN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{2}))?")  # what most files have, which needs no second look
NOT_WRITTEN = re.compile(r"[ '\u00a0\u202f٬]")  # between thousands
WORD = re.compile(r"[^\W\d_]+")
FALLBACK = "USD"


def currency_of(region: str) -> str:
    """The currency that people of a country pay in."""
    used = get_territory_currencies(region)
    return str(used[0]) if used else FALLBACK


class Amount(NamedTuple):
    """Money that costs nothing to make: there are millions of them in a file."""

    amount: int
    currency: str


@lru_cache(maxsize=256)
def currency_named(text: str) -> str:
    """The currency that a text names; ValueError for none."""
    return amount_in(f"1 {text}", None).currency


def amount_of(text: str, currency: str | None) -> Money:
    """The amount in this text; see `amount_in`."""
    return Money.model_construct(**amount_in(text, currency)._asdict())


def amount_in(text: str, currency: str | None) -> Amount:
    """The amount in this text; in `currency`, unless it names another. ValueError for what is none.

    The last of two different separators is the decimal one. A single one before three digits parts
    thousands, wherever the currency has fewer digits than three.
    """
    if len(text) > LONGEST:
        raise ValueError(text[:LONGEST])
    if (plain := PLAIN.fullmatch(text)) and currency and minor_digits(currency) == 2:
        return Amount(int(plain[1]) * 100 + int(plain[2] or 0), currency)
    folded = normalized(text)
    match = NUMBER.search(folded)
    if match is None:
        raise ValueError(text)
    rest = f"{folded[: match.start()]} {folded[match.end() :]}"
    named, times = _currency_in(rest) if rest.strip() else (None, 1)
    wanted = named or currency
    if wanted is None:
        raise ValueError(text)
    return of_number(_decimal(match[0], minor_digits(wanted)) * times, wanted)


def of_number(value: Decimal, currency: str) -> Amount:
    """So much of a currency, to its smallest coin; ValueError for more than there is."""
    minor = value.scaleb(minor_digits(currency))
    if not minor.is_finite() or abs(minor) > LARGEST:
        raise ValueError(str(value)[:LONGEST])
    return Amount(int(minor.to_integral_value()), currency)


def _currency_in(text: str) -> tuple[str | None, int]:
    """The currency that a text names, and of how many of its units it speaks; ValueError for other words."""
    named, times = None, 1
    for sign, code in SIGNS.items():
        if sign in text:
            named, text = code, text.replace(sign, " ")
    for word in WORD.findall(text):
        lower = word.casefold()
        if lower in TOMANS:
            named, times = RIAL, TOMAN
        elif lower in WORDS:
            named = WORDS[lower]
        elif word.upper() in currencies():
            named = word.upper()
        else:
            raise ValueError(word[:LONGEST])
    return named, times


def _decimal(text: str, digits: int) -> Decimal:
    plain = NOT_WRITTEN.sub("", text)
    plain = plain.replace(",", "").replace("٫", ".") if "٫" in plain else _with_point(plain, digits)
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise ValueError(text) from None


def _with_point(text: str, digits: int) -> str:
    """The number with a point before its decimals, and nothing between its thousands."""
    separators = [letter for letter in text if letter in ".,"]
    if not separators:
        return text
    last = separators[-1]
    whole, _, decimals = text.rpartition(last)
    other = "," if last == "." else "."
    if len(separators) == 1:
        thousands = len(decimals) == 3 and whole.lstrip("+-") not in ("", "0") and (digits < 3 or last == ",")
    else:
        thousands = separators.count(last) > 1
    if thousands:
        return text.replace(".", "").replace(",", "")
    return f"{whole.replace(other, '').replace(last, '')}.{decimals}"
