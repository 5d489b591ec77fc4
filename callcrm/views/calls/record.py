"""TODO: callcrm.views.calls.record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callcrm.ledger.event_store import Event
from callcrm.models import Call, Direction, Leg, Note, Pop


@dataclass(frozen=True)
class CallRecord:
    """Everything that is known of one call; `names` are those of our people, by id."""

    call: Call
    events: Sequence[Event]
    legs: Sequence[Leg] = ()
    pops: Sequence[Pop] = ()
    notes: Sequence[Note] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The leg the call began with."""
        return self.call.carrier_sid

    @property
    def outbound(self) -> bool:
        """Whether we rang them."""
        return self.call.direction == Direction.OUTBOUND

    def leg(self, sid: str) -> Leg | None:
        """The leg of this SID."""
        return next((leg for leg in self.legs if leg.carrier_sid == sid), None)

    def after(self, moment: datetime) -> float:
        """Seconds from the beginning of the call."""
        return max(0.0, (moment - self.call.started_at).total_seconds())


def moment(event: Event) -> datetime:
    """When it happened: the carrier's time, ours where it gives none."""
    return event.facts.at or event.facts.received_at or event.received_at
