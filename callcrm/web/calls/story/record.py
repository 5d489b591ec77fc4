"""What is known of one call, and the shape of what each event of it says."""

from dataclasses import dataclass

from markupsafe import Markup

from callcrm.i18n.locale import Locale
from callcrm.models import Leg
from callcrm.views.calls.record import CallRecord
from callcrm.web.markup import bdi, tel

Topic = tuple[object, ...]


@dataclass(frozen=True)
class Clause:
    """What an event says: its topic, which is told once, and what else it tells with it."""

    topic: Topic
    icon: str = ""
    texts: tuple[Markup, ...] = ()
    also: tuple[Topic, ...] = ()
    tone: str = ""


class Speaker:
    """Speaks of one call in one language."""

    def __init__(self, locale: Locale, record: CallRecord) -> None:
        self.locale = locale
        self.record = record

    def person(self, leg: Leg | None, agent: str | None = None, target: str | None = None) -> Markup:
        """Whose telephone a leg rings: one of our people, or a number."""
        known = agent or (leg.agent_id if leg else None)
        if known:
            return bdi(self.record.names.get(known) or self.locale._("Somebody who left"))
        target = target or (leg.target if leg else None) or ""
        return tel(self.locale, target) if target.startswith("+") else bdi(target or self.locale._("A phone"))

    def number(self) -> Markup | None:
        """The other party's number."""
        phone = self.record.call.phone
        return tel(self.locale, phone) if phone else None
