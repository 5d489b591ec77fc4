"""The business's tiers: who belongs to each, and what it gets. They are a setting, read and written whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pydantic import ConfigDict, Field, TypeAdapter
from sqlalchemy import Text, cast
from sqlmodel import Session, col, select

from callcrm.base.money import Money
from callcrm.base.objects import Shape
from callcrm.business import modules, settings
from callcrm.models import Setting

NAME = "tiers"
MODULE = "tiers"
MOST_TIERS = 20
LONGEST_CODE, LONGEST_NAME, LONGEST_QUEUE = 16, 40, 64
LONGEST_WINDOW = 36_500  # days
MOST_SECONDS = 300
LIMITS = ("purchases", "spent", "large_order", "cash_share", "years")

# One schema for what is sent and what is answered: two of one title are more than generated clients can name.
READ_AND_WRITTEN = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)


class Amount(Money):
    """A limit: money, or none of it."""

    amount: int = Field(ge=0, le=10**15)


class Rule(Shape):
    """Whose tier it is: who meets every limit. One that is absent asks nothing.

    All count what was bought in the last `window_days`, for ever without it, less what came back; a purchase
    that came back whole counts nowhere.
    """

    model_config = READ_AND_WRITTEN

    window_days: int | None = Field(default=None, ge=1, le=LONGEST_WINDOW, description="Days of 24 hours.")
    spent: Amount | None = Field(default=None, description="In this currency alone.")
    purchases: int | None = Field(default=None, ge=0, le=1_000_000, description="In every currency.")
    large_order: Amount | None = Field(default=None, description="One purchase of at least this much.")
    cash_share: int | float | None = Field(
        default=None, ge=0, le=1, description="Of the amounts, in each currency they bought in."
    )
    years: int | float | None = Field(
        default=None, ge=0, le=100, description="Since the first purchase ever."
    )

    @property
    def limits(self) -> dict[str, object]:
        """What it asks for, by name; the window is no limit of its own, and none of something is no limit."""
        limits = {name: getattr(self, name) for name in LIMITS}
        return {name: limit for name, limit in limits.items() if getattr(limit, "amount", limit)}


class Benefits(Shape):
    """What a tier gets."""

    model_config = READ_AND_WRITTEN

    queue_boost: int = Field(
        default=0,
        ge=0,
        le=MOST_SECONDS,
        description="Seconds by which a caller counts as having come earlier.",
    )
    discount_percent: int | float = Field(default=0, ge=0, le=100)
    own_agent: bool = Field(default=False, description="They may wait a little for their own agent.")
    queue: str | None = Field(
        default=None, max_length=LONGEST_QUEUE, description="A queue of its own, while somebody serves it."
    )


class Tier(Shape):
    """One tier; rank 1 is the best."""

    model_config = READ_AND_WRITTEN

    code: str = Field(min_length=1, max_length=LONGEST_CODE, pattern=r"^[^\x00-\x1f\x7f]*$")
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")
    rank: int = Field(ge=1, le=1000)
    rule: Rule = Rule()
    benefits: Benefits = Benefits()


OUT_OF_THE_BOX = (
    Tier(
        code="gold",
        name="Gold",
        rank=1,
        rule=Rule(window_days=365, purchases=10),
        benefits=Benefits(queue_boost=120),
    ),
    Tier(
        code="silver",
        name="Silver",
        rank=2,
        rule=Rule(window_days=365, purchases=5),
        benefits=Benefits(queue_boost=60),
    ),
    Tier(code="bronze", name="Bronze", rank=3, rule=Rule(window_days=365, purchases=2)),
)


@dataclass(frozen=True)
class Tiers:
    """All tiers, the best first. `stored` is false for those that nobody has changed yet."""

    items: tuple[Tier, ...]
    version: int = settings.FIRST_VERSION
    stored: bool = True

    @cached_property
    def by_code(self) -> Mapping[str, Tier]:
        """The tiers by their codes in small letters."""
        return {tier.code.lower(): tier for tier in self.items}

    def get(self, code: str | None) -> Tier | None:
        """The tier with this code, whatever its letters' case; None for a text that is no tier of ours."""
        return self.by_code.get((code or "").lower())

    def name(self, code: str | None) -> str:
        """The name of a tier by its code; of a text that is no tier of ours, the text."""
        return tier.name if (tier := self.get(code)) else code or ""

    def place(self, code: str | None) -> int | None:
        """How many tiers are better; None for a text that is no tier of ours."""
        tier = self.get(code)
        return None if tier is None else self.items.index(tier)

    @property
    def code_of_everybody(self) -> str | None:
        """The code of the best tier that asks nothing, so that who never bought is in it; None for none."""
        return next((tier.code for tier in self.items if not tier.rule.limits), None)


# The setting's JSON, for statements that read something else as well.
TEXT = select(cast(col(Setting.value), Text)).where(col(Setting.name) == NAME).scalar_subquery()
_TIERS = TypeAdapter(tuple[Tier, ...])
NOBODY = Tiers((), stored=False)


def of_value(value: object, version: int = settings.FIRST_VERSION) -> Tiers:
    """The tiers that a setting's value stands for; out of the box for None."""
    return parse(None if value is None else json.dumps(value), version)


@lru_cache(maxsize=16)
def parse(text: str | None, version: int = settings.FIRST_VERSION) -> Tiers:
    """The tiers of a setting's JSON; cached, since all calls that wait ask for the same. Of one that makes no
    sense there are none: nobody is ahead in line by one, and no customer's is changed.
    """
    if text in (None, "null"):
        return Tiers(OUT_OF_THE_BOX, version, stored=False)
    return Tiers(settings.sense(NAME, text or "", _read, ()), version)


def _read(text: str) -> tuple[Tier, ...]:
    return tuple(sorted(_TIERS.validate_json(text), key=lambda tier: tier.rank))


def get(session: Session) -> Tiers:
    """The tiers as they are, also while they are switched off."""
    stored = settings.get(session, NAME)
    return of_value(stored.value, stored.version)


def of_texts(tiers: tuple[str | None, int], modules_off: str | None) -> Tiers:
    """The tiers in force, by the stored texts of both settings."""
    return NOBODY if MODULE in settings.names(modules.NAME, modules_off) else parse(*tiers)
