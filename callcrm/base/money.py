"""Money: whole minor units of a currency. Amounts of two currencies are never added."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Annotated

from babel import Locale as BabelLocale
from babel.numbers import get_currency_precision
from pydantic import AfterValidator, Field

from callcrm.base.objects import Shape

LARGEST = 10**15  # minor units: more than any small business turns over, and exact in every JSON parser


@cache
def minor_digits(currency: str) -> int:
    """How many digits of an amount stand behind the point: 2 of dollars, 0 of rials (CLDR)."""
    return get_currency_precision(currency)


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that money may have."""
    return frozenset(BabelLocale("en").currencies)


def _checked_code(code: str) -> str:
    if code not in currencies():
        raise ValueError("must be a currency of ISO 4217, such as USD")
    return code


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_checked_code)]


class Money(Shape):
    """An amount in minor units (cents of a dollar) of a currency."""

    amount: int = Field(ge=-LARGEST, le=LARGEST)
    currency: Currency

    @property
    def value(self) -> Decimal:
        """The amount in whole units: 12.50."""
        return Decimal(self.amount).scaleb(-minor_digits(self.currency))


class PositiveMoney(Money):
    """Money of which there is some."""

    amount: int = Field(ge=1, le=LARGEST)


def sums(amounts: Iterable[tuple[str, int]]) -> list[Money]:
    """One sum for each currency of these pairs of currency and amount, by code."""
    by_currency: dict[str, int] = defaultdict(int)
    for currency, amount in amounts:
        by_currency[currency] += amount
    return [Money.model_construct(amount=by_currency[code], currency=code) for code in sorted(by_currency)]
