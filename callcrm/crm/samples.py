"""What `callcrm sample` hands to each noun, so that it adds invented rows of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, NamedTuple


class SampleCustomer(NamedTuple):
    """An invented customer."""

    id: str
    name: str
    phones: tuple[str, ...]
    language: str
    tier: str | None
    owner_id: str | None


class SampleCall(NamedTuple):
    """An invented call, over for at least a day; `customer` is None of a stranger's."""

    id: str
    customer: SampleCustomer | None
    phone: str | None
    agent_id: str | None
    outcome: str
    language: str
    started_at: datetime
    ended_at: datetime
    queue: str | None = None
    talk_seconds: int | None = None
    inbound: bool = True


@dataclass(frozen=True, slots=True)
class SampleBatch:
    """Some hundreds of invented calls, in the order of time; every call comes in one batch.

    `now` is the moment of the sample; `seen` is what nouns remember from batch to batch, by name. Take all
    chance from `random`: the same seed gives the same store. `purchases_per_call` is how many purchases there
    are for each call.
    """

    random: Random
    now: datetime
    agents: Sequence[str]
    calls: Sequence[SampleCall]
    seen: dict[str, Any] = field(default_factory=dict)
    purchases_per_call: float = 0.25


# Rows by table name, in an order in which each may name those before.
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
Sample = Callable[[SampleBatch], Rows]
