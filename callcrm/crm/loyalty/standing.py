"""How customers stand with programmes: what they have, what can be redeemed now, and how much is missing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import Session

from callcrm.base.money import Money
from callcrm.crm.loyalty import programmes as programme_verbs
from callcrm.crm.loyalty.parameters import EveryNth, Fixed, Gift, Parameters, Points, parse
from callcrm.crm.loyalty.totals import RedeemedTotal, Totals, sum_of, totals
from callcrm.crm.tiers.rules import years_since
from callcrm.models.crm.loyalty import Programme


class Obstacle(StrEnum):
    """Why nothing of a programme is there for a customer, whatever they buy next."""

    TIER = "tier"
    YEARS = "years"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands with a programme.

    `balance` is what they have of its purchases, points or years, `needed` how much of it makes a reward.
    It may be below zero: what came back after its reward was given is made up for first. `pending` is a
    redemption that waits for approval.
    """

    programme: Programme
    parameters: Parameters
    balance: int
    needed: int
    taken: RedeemedTotal
    obstacle: Obstacle | None = None

    @property
    def is_due(self) -> bool:
        """Whether something can be redeemed now."""
        return self.obstacle is None and self.balance >= self.needed

    @property
    def counts_years(self) -> bool:
        """Whether it is time that brings the reward, and no purchase."""
        return isinstance(self.parameters, Gift) and self.parameters.years is not None

    @property
    def remaining(self) -> int:
        """How many purchases are missing until something can be redeemed; of points, the next may do."""
        if isinstance(self.parameters, Points):
            return 0 if self.is_due else 1
        return max(0, self.needed - self.balance)

    @property
    def spends(self) -> int:
        """What a redemption takes of the balance: of points as many as may be redeemed at once, of purchases
        all since the last reward, of years full terms.
        """
        if isinstance(self.parameters, Points):
            return self.parameters.redeemable(self.balance)
        if self.counts_years:
            return self.balance // self.needed * self.needed
        return self.balance if self.needed else 0

    def worth_of(self, spent: int) -> Money | None:
        """What a redemption of so much is worth, where that is known before the purchase."""
        if isinstance(self.parameters, Points):
            return self.parameters.money(spent)
        return self.parameters.amount if isinstance(self.parameters, Fixed) else None


def standings(
    session: Session,
    customer_ids: Collection[str],
    programmes: Sequence[Programme],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, list[Standing]]:
    """By customer: how they stand with each of these programmes, in their order."""
    if not programmes or not customer_ids:
        return {}
    pairs = [(programme, parse(programme.kind, programme.parameters)) for programme in programmes]
    sums = totals(session, customer_ids, pairs, now=now, zone=zone)
    return {
        customer: [_standing(sums, customer, *pair, now=now) for pair in pairs] for customer in customer_ids
    }


def active_standings(
    session: Session, customer_ids: Collection[str], *, now: datetime, zone: ZoneInfo
) -> Mapping[str, list[Standing]]:
    """By customer: how they stand with every programme that rewards now."""
    return standings(session, customer_ids, programme_verbs.active(session), now=now, zone=zone)


def _standing(
    sums: Totals, customer: str, programme: Programme, parameters: Parameters, *, now: datetime
) -> Standing:
    taken = sums.taken.get((customer, programme.id), RedeemedTotal())
    first_at = sums.first_at.get(customer)
    years = years_since(first_at, now) if first_at else 0
    wanted = sum_of(parameters)
    earned, needed = _earned(parameters, sums.sums.get((customer, wanted), 0) if wanted else 0, years)
    return Standing(
        programme=programme,
        parameters=parameters,
        balance=earned - taken.spent,
        needed=needed,
        taken=taken,
        obstacle=_obstacle(parameters, sums.tiers.get(customer), years, taken),
    )


def _earned(parameters: Parameters, total: int, years: int) -> tuple[int, int]:
    """What was earned ever, and how much of it makes a reward."""
    if isinstance(parameters, Points):
        return total // parameters.per.amount * parameters.points, 1
    if isinstance(parameters, Gift) and parameters.years is not None:
        return years, parameters.years
    if isinstance(parameters, EveryNth | Gift) and parameters.n is not None:
        return total, parameters.n - 1
    return 0, 0


def _obstacle(parameters: Parameters, tier: str | None, years: int, taken: RedeemedTotal) -> Obstacle | None:
    if parameters.tier not in (None, tier):
        return Obstacle.TIER
    if years < parameters.minimum_years:
        return Obstacle.YEARS
    if parameters.per_customer is None and parameters.per_days is None:
        return None
    times = taken.lately if parameters.per_days else taken.times
    return Obstacle.LIMIT if times >= (parameters.per_customer or 1) else None
