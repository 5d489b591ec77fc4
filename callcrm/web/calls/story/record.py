"""What is known of one call, and the shape of what each event of it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from callcrm.i18n.locale import Locale
from callcrm.ledger.event_store import Event
from callcrm.models import Call, Direction, Leg, Note, Pop
from callcrm.web.markup import bdi, tel

Topic = tuple[object, ...]


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


@dataclass(frozen=True)
class Clause:
    """What an event says: its topic, which is told once, and what else it tells with it."""

    topic: Topic
    icon: str = ""
    texts: tuple[Markup, ...] = ()
    also: tuple[Topic, ...] = ()
    tone: str = ""


def moment(event: Event) -> datetime:
    """When it happened: the carrier's time, ours where it gives none."""
    return event.facts.at or event.facts.received_at or event.received_at


class Speaker:
    """Speaks of one call in one language."""

    def __init__(self, locale: Locale, told: CallRecord) -> None:
        self.locale = locale
        self.told = told

    def person(self, leg: Leg | None, agent: str | None = None, target: str | None = None) -> Markup:
        """Whose telephone a leg rings: one of our people, or a number."""
        known = agent or (leg.agent_id if leg else None)
        if known:
            return bdi(self.told.names.get(known) or self.locale._("Somebody who left"))
        target = target or (leg.target if leg else None) or ""
        return tel(self.locale, target) if target.startswith("+") else bdi(target or self.locale._("A phone"))

    def number(self) -> Markup | None:
        """The other party's number."""
        phone = self.told.call.phone
        return tel(self.locale, phone) if phone else None
