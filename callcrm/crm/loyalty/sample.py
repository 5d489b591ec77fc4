"""Invented loyalty: two programmes of a laundry, and what customers redeemed of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.crm.samples import Rows, SampleBatch
from callcrm.models import Outcome
from callcrm.models.crm.loyalty import ProgrammeKind, RedemptionState

Row = dict[str, Any]
TABLES = ("programme", "redemption")
TENTH, POINTS = derived_id("prg", "tenth"), derived_id("prg", "points")
N, POINT_CENTS = 10, 5
REDEEMED = 0.01  # of answered calls
FREE_TAKEN = 0.8  # of purchases that are free, those for which it was said and taken
NOTES = {"en": "Said it before they asked.", "fa": "پیش از آن‌که بپرسد گفتیم."}


def programme_rows(now: datetime) -> list[Row]:
    """Every tenth purchase free, and points worth five cents for each dollar."""
    dollar = {"amount": 100, "currency": "USD"}
    points = {"per": dollar, "points": 1, "worth": {"amount": POINT_CENTS, "currency": "USD"}}
    programmes = (
        (TENTH, "Every tenth free", ProgrammeKind.EVERY_NTH, {"n": N, "product": None}),
        (POINTS, "Points", ProgrammeKind.POINTS, points),
    )
    return [
        {
            "id": key,
            "name": name,
            "kind": kind,
            "parameters": parameters,
            "active": True,
            "created_at": now - timedelta(days=200 - place),
        }
        for place, (key, name, kind, parameters) in enumerate(programmes)
    ]


def sample(batch: SampleBatch) -> Rows:
    """The programmes with the first batch, and redemptions of some of its calls."""
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    if "loyalty" not in batch.seen:
        batch.seen["loyalty"] = True
        rows["programme"] = programme_rows(batch.now)
    for call in batch.calls:
        if call.customer and call.outcome == Outcome.ANSWERED and batch.random.random() < REDEEMED:
            row = redemption(batch.random, call.customer.id, call.ended_at, N - 1, call.agent_id)
            rows["redemption"].append(row | {"on_call": call.id, "note": NOTES.get(call.language, "")})
    return rows


def of_purchases(
    random: Random,
    purchases: Iterable[Mapping[str, Any]],
    languages: Mapping[str, str],
    agents: Sequence[str],
    left: Mapping[str, int],
) -> list[Row]:
    """Free tenths of these purchases; customers named in `left` have bought so many since their last one."""
    by_customer: defaultdict[str, list[datetime]] = defaultdict(list)
    for row in sorted(purchases, key=lambda row: row["at"]):
        if row["amount"] > row["returned"]:
            by_customer[row["customer_id"]].append(row["at"])
    rows = []
    for customer, times in by_customer.items():
        for at, spent in _taken(random, times, left.get(customer)):
            row = redemption(random, customer, at, spent, random.choice(agents))
            rows.append(row | {"note": NOTES.get(languages.get(customer, ""), "")})
    return rows


def _taken(random: Random, times: Sequence[datetime], left: int | None) -> Iterator[tuple[datetime, int]]:
    """When a free one was taken, and how many purchases it spent."""
    if left is not None:
        if len(times) > left:
            yield times[-left - 1], len(times) - left
        return
    since = 0
    for at in times:
        since += 1
        if since >= N - 1 and random.random() < FREE_TAKEN:
            yield at, since
            since = 0


def redemption(random: Random, customer_id: str, at: datetime, spent: int, by: str | None) -> Row:
    """A free tenth, taken soon after."""
    at += timedelta(minutes=random.randint(1, 50))
    return {
        "id": derived_id("rdm", customer_id, at.isoformat()),
        "customer_id": customer_id,
        "programme_id": TENTH,
        "state": RedemptionState.REDEEMED,
        "spent": spent,
        "note": "",
        "created_by": by,
        "created_at": at,
        "redeemed_at": at,
        "reason": "",
    }
