"""A clause for each event of a call. An event without text is shown with the sentence before it."""

from markupsafe import Markup

from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.model import LANGUAGE_MENU
from callcrm.ivr.steps import NodeKind
from callcrm.ledger.event_store import Event
from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts
from callcrm.ledger.order import FINAL, order_key
from callcrm.ledger.surveys import HUMAN
from callcrm.models import PromiseKind, RecordingKind
from callcrm.views.calls.record import CallRecord
from callcrm.web.calls.story.clause import Clause
from callcrm.web.calls.story.legs import LegNarrator
from callcrm.web.markup import bdi, fill, strong, tel

ARRIVAL, END, PLACING = ("arrival",), ("over",), ("placed",)
SHORTEST = 2  # seconds; less is nobody speaking


class EventNarrator(LegNarrator):
    """Narrates the events of one call."""

    def __init__(self, locale: Locale, record: CallRecord) -> None:
        super().__init__(locale, record)
        ends = (event.facts for event in record.events if event.facts.kind == STATUS)
        self._ended = {facts.leg for facts in ends if facts.status in FINAL}
        announced = (event.facts for event in record.events if event.facts.announced)
        self._first_notice = min(announced, key=order_key, default=None)

    def say(self, event: Event) -> Clause:
        """The clause of an event; of an unknown kind in the carrier's own words."""
        by_kind = {
            PLACED: self._placed,
            REQUEST: self._request,
            STATUS: self._status,
            RECORDING: self._recording,
        }
        if event.facts.kind in by_kind:
            return by_kind[event.facts.kind](event.facts)
        text = fill(self.locale._("The carrier says: %(what)s."), what=bdi(_carrier_words(event)))
        return Clause(("unknown", event.key), "plug", (text,))

    def _placed(self, facts: Facts) -> Clause:
        text = self.locale._("%(name)s calls %(number)s.")
        number = self.number() or self.locale._("a number")
        return Clause(PLACING, "out", (fill(text, name=self.person(None, facts.agent), number=number),))

    def _request(self, facts: Facts) -> Clause:
        if facts.screening:
            return self.screening(facts)
        if self.record.outbound:
            return self._agent_up(facts)
        if facts.dialled_leg:
            return self._ringing_over(facts)
        if facts.queue_result:
            return self._left_queue(facts)
        if facts.recording:
            return self._message(facts)
        if facts.mark or facts.node:
            return self._mark(facts) if facts.mark else self._pressed(facts)
        if facts.step == 0 or facts.step is None:
            return self._arrival(facts)
        in_queue = facts.destination == NodeKind.WAIT or facts.queue_seconds is not None
        if in_queue and not facts.promise:  # a promise is a sentence of its own
            return Clause(("wait", facts.queue), "queue", self._next_steps(facts))
        if facts.hung_up:
            return Clause(END, "hangup", (self._hung_up(),))
        return Clause(("step", facts.step), "menu", self._next_steps(facts))

    def _arrival(self, facts: Facts) -> Clause:
        number, line = self.number(), self.record.call.to_e164
        values = {"number": number or "", "line": tel(self.locale, line) if line else ""}
        if number and line:
            text = self.locale._("A call from %(number)s arrives on %(line)s.")
        elif number:
            text = self.locale._("A call from %(number)s arrives.")
        else:
            text = self.locale._("A call arrives; the number is withheld.")
        return Clause(ARRIVAL, "in", (fill(text, **values), *self._announced(facts)))

    def _pressed(self, facts: Facts) -> Clause:
        key = self.locale.digits(facts.keys or "")
        if not facts.keys:
            pressed = fill(self.locale._("Presses nothing."))
        elif facts.node == LANGUAGE_MENU and facts.language:
            spoken = labels.language(self.locale, facts.language)
            pressed = fill(
                self.locale._("Presses %(key)s for %(language)s."), key=strong(key), language=spoken
            )
        else:
            pressed = fill(self.locale._("Presses %(key)s."), key=strong(key))
        also = (("wait", facts.queue),) if facts.destination == NodeKind.WAIT else ()
        return Clause(("step", facts.step), "menu", (pressed, *self._next_steps(facts)), also)

    def _mark(self, facts: Facts) -> Clause:
        """The key pressed when a mark was asked for."""
        key = strong(self.locale.digits(facts.mark or ""))
        if facts.mark == HUMAN:
            text = fill(self.locale._("Asked for a mark: presses %(key)s for a human."), key=key)
        elif self.record.hides_mark:
            text = fill(self.locale._("Asked for a mark: gives one."))
        else:
            text = fill(self.locale._("Asked for a mark: %(mark)s."), mark=key)
        return Clause(("step", facts.step), "menu", (text, *self._next_steps(facts)))

    def _next_steps(self, facts: Facts) -> tuple[Markup, ...]:
        """Sentences about where the caller goes next."""
        queue = labels.queue(self.locale, facts.queue)
        texts = {
            NodeKind.WAIT: self.locale._("Waits in %(queue)s."),
            NodeKind.QUEUE: self.locale._("Is put through to %(queue)s."),
            NodeKind.OPERATOR: self.locale._("Is put through to the operator."),
            NodeKind.VOICEMAIL: self.locale._("Is asked to leave a message."),
            NodeKind.CALLBACK: self.locale._("Is asked whether to be rung back."),
        }
        text = texts.get(NodeKind(facts.destination)) if facts.destination in set(NodeKind) else None
        sentences = (fill(text, queue=bdi(queue)),) if text else ()
        return (*sentences, *self._promised(facts), *self._announced(facts))

    def _promised(self, facts: Facts) -> tuple[Markup, ...]:
        if facts.promise != PromiseKind.CALLBACK:
            return ()
        if facts.call_back:
            text = self.locale._("Is promised a call back on %(number)s.")
            return (fill(text, number=tel(self.locale, facts.call_back)),)
        return (fill(self.locale._("Is promised a call back.")),)

    def _announced(self, facts: Facts) -> tuple[Markup, ...]:
        return (fill(self.locale._("Is told of the recording.")),) if facts is self._first_notice else ()

    def _hung_up(self) -> Markup:
        return fill(self.locale._("The caller hangs up."))

    def _left_queue(self, facts: Facts) -> Clause:
        topic, waited = ("left", facts.step), self.locale.duration(facts.queue_seconds)
        if facts.queue_result == "hangup":
            text = self.locale._("The caller hangs up after waiting %(time)s.")
            return Clause(topic, "missed", (fill(text, time=waited),), tone="lost")
        if facts.queue_result == "full":
            return Clause(
                topic, "queue", (fill(self.locale._("The queue is full.")), *self._next_steps(facts))
            )
        next_steps = self._next_steps(facts)
        if facts.queue_result == "leave" and next_steps:
            text = self.locale._("Has waited %(time)s.")
            return Clause(topic, "queue", (fill(text, time=waited), *next_steps))
        return Clause(topic, "queue", next_steps or (fill(self.locale._("Leaves the queue.")),))

    def _message(self, facts: Facts) -> Clause:
        topic = ("message", facts.recording)
        if (facts.seconds or 0) < SHORTEST:
            return Clause(topic, "voicemail", (fill(self.locale._("Says nothing after the tone.")),))
        text = self.locale._("Leaves a message of %(time)s.")
        return Clause(
            topic, "voicemail", (fill(text, time=self.locale.duration(facts.seconds)),), tone="wait"
        )

    def _ringing_over(self, facts: Facts) -> Clause:
        """The clause of a Dial's action: the phones it rang have stopped."""
        sid = facts.dialled_leg or ""
        next_steps = () if facts.bridged or facts.hung_up else self._next_steps(facts)
        if facts.survey:
            next_steps = (fill(self.locale._("Is asked for a mark.")),)
        if sid in self._ended:
            return (
                Clause(("after", facts.step), "menu", next_steps, ((("end", sid)),))
                if next_steps
                else Clause(("end", sid))
            )
        ending = self.end(sid, facts)
        return Clause(("end", sid), ending.icon, (*ending.texts, *next_steps), tone=ending.tone)

    def _agent_up(self, facts: Facts) -> Clause:
        text = self.locale._("%(name)s picks up; then %(number)s is rung.")
        name = self.person(None, facts.agent or self.record.call.agent_id)
        number = self.number() or self.locale._("a number")
        return Clause(("answer", facts.leg), "phone", (fill(text, name=name, number=number),))

    def _status(self, facts: Facts) -> Clause:
        if facts.leg == self.record.root:
            return self._root_leg(facts)
        if facts.status in FINAL:
            return self.end(facts.leg, facts)
        if facts.status == "in_progress":
            if facts.screened:
                return self.screening(facts)
            return self.answer(facts)
        return self.ring(facts)

    # --- the call itself, and what is kept of it ---

    def _root_leg(self, facts: Facts) -> Clause:
        if facts.status in FINAL:
            return self._call_ended(facts)
        if not self.record.outbound:
            return Clause(ARRIVAL, "in", self._arrival(facts).texts)
        return self._agent_up(facts) if facts.status == "in_progress" else self.ring(facts)

    def _call_ended(self, facts: Facts) -> Clause:
        if facts.status == "completed":
            lasted = self.locale.duration(facts.seconds)
            return Clause(END, "hangup", (fill(self.locale._("The call ends after %(time)s."), time=lasted),))
        if not self.record.outbound:
            return Clause(END, "missed", (self._hung_up(),), tone="lost")
        ending = self.end(facts.leg, facts)
        return Clause(END, ending.icon, ending.texts, tone=ending.tone)

    def _recording(self, facts: Facts) -> Clause:
        sid = facts.recording
        if facts.recording_status in ("absent", "failed"):
            text = self.locale._("The carrier has recorded nothing.")
            return Clause(("no tape", sid), "rec", (fill(text),), tone="lost")
        if facts.recording_kind == RecordingKind.VOICEMAIL:
            return Clause(("message", sid), "voicemail", self._message(facts).texts, tone="wait")
        if facts.channels == 2:
            text = self.locale._("The recording starts, each side on its own channel.")
        else:
            text = self.locale._("The recording starts.")
        return Clause(("tape", sid), "rec", (fill(text),))


def _carrier_words(event: Event) -> str:
    """The carrier's own words for an event of an unknown kind."""
    return " ".join(word for word in (event.kind, event.facts.status, event.facts.destination) if word)
