"""A call with its events, legs, pops and notes: what the story and the replay are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcrm.ledger.event_store import Event
from callcrm.models import Call, Direction, Leg, Note, Pop


@dataclass(frozen=True)
class CallRecord:
    """Everything stored about one call; `names` are those of our users, by id. `hides_mark`: the mark that
    the caller gave by a key is not for the reader.
    """

    call: Call
    events: Sequence[Event]
    legs: Sequence[Leg] = ()
    pops: Sequence[Pop] = ()
    notes: Sequence[Note] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    hides_mark: bool = False

    @property
    def root(self) -> str:
        """The SID of the root leg."""
        return self.call.carrier_sid

    @property
    def outbound(self) -> bool:
        """Whether we placed the call."""
        return self.call.direction == Direction.OUTBOUND

    def leg(self, sid: str) -> Leg | None:
        """The leg with this SID."""
        return next((leg for leg in self.legs if leg.carrier_sid == sid), None)

    def after(self, moment: datetime) -> float:
        """Seconds from the call's beginning."""
        return max(0.0, (moment - self.call.started_at).total_seconds())


def moment(event: Event) -> datetime:
    """The time of an event: the carrier's, or ours where it sends none."""
    return event.facts.at or event.facts.received_at or event.received_at
