"""Clauses, of which the sentences of a story are made, and the names of those on the call."""

from dataclasses import dataclass

from markupsafe import Markup

from callcrm.i18n.locale import Locale
from callcrm.models import Leg
from callcrm.views.calls.record import CallRecord
from callcrm.web.markup import bdi, party, tel

Topic = tuple[object, ...]


@dataclass(frozen=True)
class Clause:
    """The text of one event.

    A topic is one sentence: later events of this topic, or of those in `also`, join it.
    """

    topic: Topic
    icon: str = ""
    texts: tuple[Markup, ...] = ()
    also: tuple[Topic, ...] = ()
    tone: str = ""


class Narrator:
    """Narrates one call in one language."""

    def __init__(self, locale: Locale, record: CallRecord) -> None:
        self.locale = locale
        self.record = record

    def person(self, leg: Leg | None, agent: str | None = None, target: str | None = None) -> Markup:
        """Whose phone a leg rings: an agent by name, else the number or address."""
        agent_id = agent or (leg.agent_id if leg else None)
        if agent_id:
            return bdi(self.record.names.get(agent_id) or self.locale._("Somebody who left"))
        target = target or (leg.target if leg else None) or ""
        return tel(self.locale, target) if target.startswith("+") else bdi(target or self.locale._("A phone"))

    def number(self) -> Markup | None:
        """The other party's number or address; None if it is withheld."""
        call = self.record.call
        return party(self.locale, call) if call.phone or call.address else None
