"""Sentences about the legs of a call: a phone rings, is answered, and ends."""

from callcrm.ledger.facts import Facts
from callcrm.models import Leg
from callcrm.web.calls.story.clause import Clause, Narrator
from callcrm.web.markup import fill, strong, tel


class LegNarrator(Narrator):
    """Narrates the legs of one call."""

    def screening(self, facts: Facts) -> Clause:
        """A leg is asked to press 1."""
        leg = self.record.leg(facts.leg)
        if facts.accepted:
            return self.answer(facts)
        text = self.locale._("%(name)s’s phone is picked up and asks for a 1.")
        return Clause(("picked", facts.leg), "bell", (fill(text, name=self.person(leg, facts.agent)),))

    def answer(self, facts: Facts) -> Clause:
        """An agent, or the operator, has answered."""
        text = self.locale._("%(name)s answers.")
        name = self.person(self.record.leg(facts.leg), facts.agent)
        return Clause(("answer", facts.leg), "phone", (strong(fill(text, name=name)),), tone="live")

    def ring(self, facts: Facts) -> Clause:
        """A phone begins to ring."""
        leg = self.record.leg(facts.leg)
        target = facts.target or (leg.target if leg else "") or ""
        name = self.person(leg, facts.agent, target)
        if not (facts.agent or (leg and leg.agent_id)):
            text = self.locale._("Rings %(name)s.")
        elif target.startswith("client:"):
            text = self.locale._("Rings %(name)s in the browser.")
        elif target.startswith("sip"):
            text = self.locale._("Rings %(name)s on the desk phone.")
        else:
            text = self.locale._("Rings %(name)s on %(number)s.")
        return Clause(("ring", facts.leg), "bell", (fill(text, name=name, number=tel(self.locale, target)),))

    def end(self, sid: str, facts: Facts) -> Clause:
        """A leg has ended, after a conversation or without."""
        leg = self.record.leg(sid)
        values = {"name": self.person(leg, facts.agent), "time": self._lasted(leg, facts)}
        status = (leg.status if leg else None) or facts.status
        if leg and leg.answered_at:
            text, icon, tone = self.locale._("%(name)s has spoken for %(time)s."), "hangup", ""
        elif status == "completed":
            text = self.locale._("%(name)s’s phone was picked up, but nobody pressed 1.")
            icon, tone = "missed", "lost"
        else:
            text, icon, tone = self._in_vain(status or ""), "missed", "lost"
        return Clause(("end", sid), icon, (fill(text, **values),), tone=tone)

    def _in_vain(self, status: str) -> str:
        return {
            "busy": self.locale._("%(name)s’s line is busy."),
            "failed": self.locale._("%(name)s’s phone can’t be reached."),
            "canceled": self.locale._("%(name)s’s phone stops ringing after %(time)s."),
        }.get(status) or self.locale._("%(name)s does not answer within %(time)s.")

    def _lasted(self, leg: Leg | None, facts: Facts) -> str:
        began = (leg.answered_at or leg.rang_at) if leg else None
        until = (leg.ended_at if leg else None) or facts.at or facts.received_at
        spoke = bool(leg and leg.answered_at)
        if spoke and facts.seconds is not None and facts.status == "completed":
            return self.locale.duration(facts.seconds)
        return self.locale.duration((until - began).total_seconds() if began and until else 0)
