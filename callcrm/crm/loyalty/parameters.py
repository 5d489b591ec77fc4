"""The parameters of programmes, kind by kind: what each holds, and whether it fits together."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from callcrm.base.money import LARGEST, Money, PositiveMoney
from callcrm.base.text import is_storable, one_line
from callcrm.models.crm.loyalty import ProgrammeKind

LONGEST = 200
MOST_N, MOST_YEARS, MOST_DAYS, MOST_POINTS = 1000, 100, 3660, 1_000_000


def _words(value: str) -> str:
    if not is_storable(value):
        raise ValueError("must not hold a NUL or half a surrogate pair")
    if not (text := one_line(value)):
        raise ValueError("must not be blank")
    return text


Words = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_words)]


class Limits(BaseModel):
    """What every programme may ask and limit besides.

    At most `per_customer` redemptions in `per_days` days; without days for ever, without a number one.
    """

    model_config = ConfigDict(extra="forbid")

    payment: Literal["cash", "credit", "card", "other"] | None = Field(
        default=None, description="Only what is paid so counts."
    )
    tier: str | None = Field(
        default=None, min_length=1, max_length=16, description="Only for customers of this tier."
    )
    since: date | None = Field(default=None, description="Only purchases from this day on count.")
    per_customer: int | None = Field(default=None, ge=1, le=MOST_N)
    per_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    needs_approval: bool = False

    @property
    def minimum_years(self) -> int:
        """How long somebody must have been a customer."""
        return 0


class Conditions(Limits):
    """What those programmes may ask besides that are not about years themselves."""

    years: int | None = Field(
        default=None, ge=1, le=MOST_YEARS, description="Only for customers of so many years."
    )

    @property
    def minimum_years(self) -> int:
        """How long somebody must have been a customer."""
        return self.years or 0


class EveryNth(Conditions):
    """Every nth purchase is free; without a product, of whatever it is."""

    n: int = Field(ge=2, le=MOST_N)
    product: Words | None = None
    most_worth: PositiveMoney | None = Field(default=None, description="The most that a free one may cost.")


class Percent(Conditions):
    """So much percent off."""

    percent: float = Field(gt=0, le=100)
    most_worth: PositiveMoney | None = Field(default=None, description="The most that may come off.")


class Fixed(Conditions):
    """An amount off."""

    amount: PositiveMoney


class Gift(Limits):
    """A gift with every tenth purchase, say, or after each so many years."""

    gift: Words
    n: int | None = Field(default=None, ge=2, le=MOST_N)
    years: int | None = Field(default=None, ge=1, le=MOST_YEARS)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.n is None) == (self.years is None):
            raise ValueError("a gift needs either n or years")
        return self


class Points(Conditions):
    """So many `points` for each `per` spent; each point is worth so much."""

    per: PositiveMoney
    points: int = Field(ge=1, le=MOST_POINTS)
    worth: PositiveMoney = Field(description="What one point is worth.")
    most_worth: PositiveMoney | None = Field(default=None, description="The most that is redeemed at once.")

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        if self.most_worth and self.most_worth.currency != self.worth.currency:
            raise ValueError("most_worth must be in the currency of worth")
        if self.most_worth and self.most_worth.amount < self.worth.amount:
            raise ValueError("most_worth must be at least the worth of one point")
        return self

    def redeemable(self, balance: int) -> int:
        """How many points of a balance can be redeemed at once: of no more worth than money can be."""
        most = (self.most_worth.amount if self.most_worth else LARGEST) // self.worth.amount
        return max(0, min(balance, most))

    def money(self, points: int) -> Money:
        """What so many points are worth."""
        return Money.model_construct(amount=points * self.worth.amount, currency=self.worth.currency)


Parameters = EveryNth | Percent | Points | Fixed | Gift
BY_KIND: Mapping[ProgrammeKind, type[Parameters]] = {
    ProgrammeKind.EVERY_NTH: EveryNth,
    ProgrammeKind.PERCENT: Percent,
    ProgrammeKind.POINTS: Points,
    ProgrammeKind.FIXED: Fixed,
    ProgrammeKind.GIFT: Gift,
}


def parse(kind: str, value: object) -> Parameters:
    """The parameters of a programme of this kind; pydantic's ValidationError names what does not fit."""
    return BY_KIND[ProgrammeKind(kind)].model_validate(value)


def as_json(parameters: Parameters) -> dict[str, Any]:
    """The parameters as they are stored and answered: those that were set."""
    stored = parameters.model_dump(mode="json", exclude_unset=True)
    if isinstance(parameters, EveryNth):
        stored.setdefault("product", None)
    return stored
