"""The rows of the sample's calls, in batches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from callcrm.crm.seams import SEAMS
from callcrm.sample.writer import CallWriter, Cast, sample_batch

BATCH = 2000  # calls
OPEN_SECONDS = 11 * 3600  # of a day, in which all its calls begin
CALLS_A_DAY, MOST_DAYS = 40, 730
NEWEST_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of so many calls, by table: `stored` as the engine stores them, without keys and in the order
    of their columns; `values` as a statement of SQLAlchemy takes them, in an order in which each may name
    those before.
    """

    calls: int
    stored: Mapping[str, Sequence[tuple[object, ...]]]
    values: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]


def sample_batches(
    random: Random, cast: Cast, time_suffix: str, now: datetime, calls: int
) -> Iterator[Batch]:
    """The rows of so many calls, in the order in which these begin; the last a day before `now`."""
    writer = CallWriter(random, cast, time_suffix)
    starts = call_starts(random, calls, now)
    while some := list(islice(starts, BATCH)):
        for start in some:
            writer.add(start)
        rows, invented = writer.take()
        values: list[tuple[str, Sequence[Mapping[str, Any]]]] = [("message", rows.pop("message", []))]
        batch = sample_batch(random, now, cast, invented)
        for noun in SEAMS.nouns:
            if noun.sample:
                values += noun.sample(batch).items()
        yield Batch(len(some), rows, values)


def call_starts(random: Random, count: int, now: datetime) -> Iterator[datetime]:
    """When each call begins, in order; the last a day before `now`."""
    days = max(1, min(MOST_DAYS, count // CALLS_A_DAY))
    newest = now - NEWEST_AGE
    done = 0
    for day in range(days):
        opens = newest - timedelta(days=days - 1 - day, seconds=OPEN_SECONDS)
        calls = count * (day + 1) // days - done
        done += calls
        seconds = sorted(random.randrange(OPEN_SECONDS) for _ in range(calls))
        if day == days - 1 and seconds:
            seconds[-1] = OPEN_SECONDS
        yield from (opens + timedelta(seconds=second) for second in seconds)
