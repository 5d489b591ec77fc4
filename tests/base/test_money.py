"""Money: minor units, one sum for each currency, and how it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from callcrm.base.money import LARGEST, Money, PositiveMoney, minor_digits, sums
from callcrm.i18n.locale import Locale
from tests.shop import NOON

ENGLISH, PERSIAN = (Locale(code, NOON.tzinfo, "US", lambda: NOON) for code in ("en", "fa"))  # type: ignore[arg-type]
PAIRS = st.lists(st.tuples(st.sampled_from(["USD", "EUR", "IRR"]), st.integers(-10_000, 10_000)))


@pytest.mark.parametrize(
    ("amount", "currency", "english", "persian"),
    [
        (231000, "USD", "$2,310", "۲٬۳۱۰ دلار آمریکا"),
        (1250, "EUR", "€12.50", "۱۲٫۵۰ یورو"),
        (-1205, "USD", "-$12.05", "-۱۲٫۰۵ دلار آمریکا"),
        (2310000, "IRR", "IRR2,310,000", "۲٬۳۱۰٬۰۰۰ ریال ایران"),
        (5, "JPY", "¥5", "۵ ین ژاپن"),
        (1005, "KWD", "KWD1.005", "۱٫۰۰۵ دینار کویت"),
    ],
)
def test_it_is_written_as_each_language_does(amount: int, currency: str, english: str, persian: str) -> None:
    money = Money(amount=amount, currency=currency)
    assert (ENGLISH.money(money).replace("\xa0", ""), PERSIAN.money(money)) == (english, persian)


@pytest.mark.parametrize(("amount", "currency"), [(1, "XYZ"), (1, "usd"), (LARGEST + 1, "USD"), (1.5, "USD")])
def test_what_is_no_money_is_refused(amount: float, currency: str) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": currency})


def test_there_must_be_some_of_positive_money() -> None:
    with pytest.raises(ValidationError):
        PositiveMoney(amount=0, currency="USD")


@given(PAIRS)
def test_currencies_are_never_added(pairs: list[tuple[str, int]]) -> None:
    expected = {code: sum(amount for other, amount in pairs if other == code) for code, _ in pairs}
    assert {money.currency: money.amount for money in sums(pairs)} == expected


def test_minor_units_are_those_of_the_currency() -> None:
    assert [minor_digits(code) for code in ("USD", "IRR", "JPY", "KWD")] == [2, 0, 0, 3]
