"""The story of a call: one sentence after the other, each with its offset and the carrier's events behind it.

A pure function of what is stored. Every event is behind exactly one sentence: what the carrier repeats, or
reports in several steps, is one sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from callcrm.i18n.locale import Locale
from callcrm.ledger.event_store import Event
from callcrm.ledger.order import order_key
from callcrm.models import Note, Pop
from callcrm.views.calls.record import CallRecord, moment
from callcrm.web.calls.story.clause import Topic
from callcrm.web.calls.story.narrator import EventNarrator
from callcrm.web.markup import bdi, fill

WAITING, LEFT = "wait", "left"


@dataclass
class Sentence:
    """One sentence, `offset` seconds into the call; `events` are the carrier's that it is made of."""

    at: datetime
    offset: float
    icon: str
    text: Markup
    tone: str = ""
    events: list[Event] = field(default_factory=list)
    note: Note | None = None

    @property
    def key(self) -> str:
        """Identifies the sentence within the call; "" if no event is behind it."""
        return self.events[0].key if self.events else ""


def story(locale: Locale, record: CallRecord) -> list[Sentence]:
    """The sentences of the call, in the order of what happened."""
    sentences = [*_events(locale, record), *_pops(locale, record), *_notes(locale, record)]
    # Carriers tell whole seconds: within one, causes stay before their effects.
    return sorted(sentences, key=lambda sentence: sentence.at.replace(microsecond=0))


def _events(locale: Locale, record: CallRecord) -> Sequence[Sentence]:
    narrator = EventNarrator(locale, record)
    sentences: list[Sentence] = []
    topics: dict[Topic, Sentence] = {}
    for event in sorted(record.events, key=lambda event: (order_key(event.facts), event.key)):
        clause = narrator.say(event)
        earlier = topics.get(clause.topic)
        if earlier is None and not clause.texts:
            earlier = sentences[-1] if sentences else None
        if earlier is not None:
            earlier.events.append(event)
            continue
        sentence = Sentence(
            at=moment(event),
            offset=record.after(moment(event)),
            icon=clause.icon,
            text=Markup(" ").join(clause.texts),
            tone=clause.tone,
            events=[event],
        )
        sentences.append(sentence)
        if clause.topic[0] == LEFT:
            topics = {topic: sentence for topic, sentence in topics.items() if topic[0] != WAITING}
        topics |= dict.fromkeys((*clause.also, clause.topic), sentence)
    return sentences


def _notes(locale: Locale, record: CallRecord) -> Iterator[Sentence]:
    for note in record.notes:
        text = fill(locale._("Note by %(name)s"), name=bdi(note.author))
        yield Sentence(note.created_at, record.after(note.created_at), "note", text, note=note)


def _pops(locale: Locale, record: CallRecord) -> Iterator[Sentence]:
    for pop in record.pops:
        name = bdi(record.names.get(pop.agent_id) or locale._("Somebody who left"))
        text = fill(pop_receipt(locale, pop), name=name, **pop_receipt_times(locale, pop))
        tone = "" if pop.seen_at else "wait"
        yield Sentence(pop.sent_at, record.after(pop.sent_at), "eye", text, tone)


def pop_receipt(locale: Locale, pop: Pop) -> str:
    """How far a pop got: a text with the placeholders `name`, `there` and `seen`."""
    if pop.seen_at and pop.delivered_at:
        return locale._("On %(name)s’s screen: there after %(there)s, seen after %(seen)s.")
    if pop.seen_at:
        return locale._("On %(name)s’s screen: seen after %(seen)s.")
    if pop.delivered_at:
        return locale._("On %(name)s’s screen: there after %(there)s, not seen.")
    return locale._("Sent to %(name)s’s screen, which never said it was there.")


def pop_receipt_times(locale: Locale, pop: Pop) -> dict[str, str]:
    """The placeholders `there` and `seen`: seconds from the sending of the pop."""
    return {"there": _delay(locale, pop, pop.delivered_at), "seen": _delay(locale, pop, pop.seen_at)}


def _delay(locale: Locale, pop: Pop, until: datetime | None) -> str:
    seconds = max(0.0, (until - pop.sent_at).total_seconds()) if until else 0.0
    return locale._("%(seconds)s s", seconds=locale.number(round(seconds, 1 if seconds >= 0.1 else 2)))
