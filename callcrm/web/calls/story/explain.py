"""Why nobody answered: a sentence for each leg that rang in vain, or why no phone rang."""

from collections.abc import Iterator
from datetime import datetime

from markupsafe import Markup

from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.models import CallState, Leg, Outcome, Pop
from callcrm.views.calls.record import CallRecord
from callcrm.web.calls.story.clause import Narrator
from callcrm.web.markup import bdi, fill


def missed_reasons(locale: Locale, record: CallRecord) -> list[Markup]:
    """The sentences about unanswered legs; none if the first leg was answered."""
    if record.outbound or record.call.state != CallState.ENDED:
        return []
    unanswered = [leg for leg in record.legs if not leg.answered_at]
    reasons = [MissedLegNarrator(locale, record).of(leg) for leg in unanswered]
    if record.call.outcome == Outcome.ANSWERED:
        return reasons
    return reasons or [*_nobody_rung(locale, record)]


def _nobody_rung(locale: Locale, record: CallRecord) -> Iterator[Markup]:
    call = record.call
    if call.queue and call.queued_at:
        text = locale._("Nobody was free in %(queue)s while the caller waited %(time)s.")
        queue = bdi(labels.queue(locale, call.queue))
        yield fill(text, queue=queue, time=locale.duration(call.wait_seconds))
    elif call.outcome == Outcome.ABANDONED:
        yield fill(locale._("The caller hung up in the menu, before anybody was to be rung."))
    elif call.outcome in (Outcome.VOICEMAIL, Outcome.CALLBACK):
        yield fill(locale._("Nobody was rung: the caller was led past our telephones."))
    else:
        yield fill(locale._("The call ended before anybody was to be rung."))


class MissedLegNarrator(Narrator):
    """Narrates a leg that was not answered."""

    def of(self, leg: Leg) -> Markup:
        """Why the leg was not answered, and how far its pop got."""
        name, rang = self.person(leg), self._rang(leg)
        texts = [fill(self._became(leg), name=name, time=rang)]
        pop = self._pop(leg)
        if leg.agent_id and pop is None:
            texts.append(fill(self.locale._("No pop was sent.")))
        elif pop is not None:
            texts.append(self._screen(pop))
        return Markup(" ").join(texts)

    def _became(self, leg: Leg) -> str:
        return {
            "busy": self.locale._("%(name)s was on another call: the line was busy."),
            "failed": self.locale._("%(name)s’s phone could not be reached."),
            "canceled": self.locale._("%(name)s’s phone rang for %(time)s until the caller was gone."),
            "completed": self.locale._(
                "%(name)s’s phone was picked up, but nobody pressed 1: a mailbox, perhaps."
            ),
        }.get(leg.status or "") or self.locale._("%(name)s’s phone rang for %(time)s and was not answered.")

    def _screen(self, pop: Pop) -> Markup:
        if pop.seen_at:
            after = max(0.0, (pop.seen_at - pop.sent_at).total_seconds())
            seconds = self.locale.number(round(after, 1))
            return fill(self.locale._("The pop was seen after %(seconds)s s."), seconds=seconds)
        if pop.delivered_at:
            return fill(self.locale._("The pop was on the screen, but the page was not being looked at."))
        return fill(self.locale._("The pop never reached a screen: no desk was open, or it was offline."))

    def _pop(self, leg: Leg) -> Pop | None:
        """The pop that belongs to this ringing; None if there was none."""
        before = [pop for pop in self.record.pops if pop.agent_id == leg.agent_id]
        sent = [pop for pop in before if leg.rang_at is None or _same_moment(pop.sent_at, leg.rang_at)]
        return sent[-1] if sent else None

    def _rang(self, leg: Leg) -> str:
        until = leg.ended_at or self.record.call.ended_at
        seconds = (until - leg.rang_at).total_seconds() if until and leg.rang_at else 0
        return self.locale.span(seconds)


def _same_moment(sent: datetime, rang: datetime) -> bool:
    return (sent - rang).total_seconds() < 2  # the carrier's clock is not ours
