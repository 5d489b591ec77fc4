"""What passed between a customer and us, in words: calls, messages and promises, each in a line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from callcrm.base.text import isolated
from callcrm.desk import naming
from callcrm.desk.words import Words
from callcrm.models import Call, CallState, Direction, Message, Outcome, Promise, PromiseKind, PromiseState


@dataclass(frozen=True, slots=True)
class Said:
    """A line: its words, its icon (`flip`: one with a direction) and the state its colour means."""

    title: str
    icon: str
    mark: str = ""
    flip: bool = False


def call(words: Words, row: Call, agent: str = "", tape_seconds: int | None = None) -> Said:
    """A call in a line; `agent`: whoever spoke or rang, `tape_seconds` how long a voicemail is."""
    name = isolated(agent)
    if row.state != CallState.ENDED:
        return _under_way(words, row, name)
    if row.direction == Direction.OUTBOUND:
        return _rung_by_us(words, row, name)
    return _rung_us(words, row, name, tape_seconds)


def _under_way(words: Words, row: Call, name: str) -> Said:
    if row.state == CallState.IN_PROGRESS:
        title = words._("In call with %(name)s", name=name) if name else words._("In call now")
    elif row.direction == Direction.OUTBOUND:
        title = words._("%(name)s is ringing them", name=name) if name else words._("We are ringing them")
    elif row.state == CallState.QUEUED:
        title = words._("Waits in the queue for %(queue)s", queue=isolated(naming.queue(words, row.queue)))
    else:
        title = words._("Is calling now")
    return Said(title, "phone", "live" if row.state == CallState.IN_PROGRESS else "wait")


def _rung_by_us(words: Words, row: Call, name: str) -> Said:
    who = name or words._("Somebody of us")
    said: dict[str, Callable[[], str]] = {
        Outcome.ANSWERED: lambda: words._("%(name)s rang and got through", name=who),
        Outcome.NO_ANSWER: lambda: words._("%(name)s rang, nobody answered", name=who),
        Outcome.BUSY: lambda: words._("%(name)s rang, the line was busy", name=who),
        Outcome.FAILED: lambda: words._("%(name)s rang, the call failed", name=who),
    }
    told = said.get(row.outcome or "")
    title = told() if told else words._("%(name)s rang and hung up before an answer", name=who)
    return Said(title, "out", "" if row.outcome == Outcome.ANSWERED else "wait", flip=True)


def _rung_us(words: Words, row: Call, name: str, tape_seconds: int | None) -> Said:
    if row.outcome == Outcome.ANSWERED:
        return Said(_answered(words, row, name), "in", flip=True)
    if row.outcome == Outcome.VOICEMAIL:
        lasts = words.duration(tape_seconds)
        said = (
            words._("Left a voicemail, %(time)s", time=lasts) if tape_seconds else words._("Left a voicemail")
        )
        return Said(said, "voicemail", "wait")
    if row.outcome == Outcome.CALLBACK:
        return Said(words._("Asked to be rung back"), "promise", "wait")
    return Said(_missed(words, row), "missed", "lost", flip=True)


def _answered(words: Words, row: Call, name: str) -> str:
    queue = isolated(naming.queue(words, row.queue))
    if queue and name:
        return words._("Called about %(queue)s, %(name)s answered", queue=queue, name=name)
    if name:
        return words._("Called, %(name)s answered", name=name)
    return (
        words._("Called about %(queue)s and got through", queue=queue)
        if queue
        else words._("Called and got through")
    )


def _missed(words: Words, row: Call) -> str:
    if row.outcome == Outcome.FAILED:
        return words._("Called, and the call failed")
    if row.outcome == Outcome.BUSY:
        return words._("Called, and the line was busy")
    if row.outcome == Outcome.NO_ANSWER:
        return words._("Called, and nobody answered")
    if row.queued_at is not None and row.wait_seconds is not None:
        return words._("Gave up in the queue after %(time)s", time=words.duration(row.wait_seconds))
    return words._("Hung up in the menu") if row.ivr_path else words._("Hung up before anybody answered")


def call_facts(words: Words, row: Call) -> list[str]:
    """What else is to be said of a call: its queue where the line doesn't say it, waiting, talking."""
    facts = []
    answered = row.outcome == Outcome.ANSWERED and row.direction == Direction.INBOUND
    if row.queue and not answered and row.state != CallState.QUEUED:
        facts.append(naming.queue(words, row.queue))
    if (
        row.wait_seconds
        and row.direction == Direction.INBOUND
        and row.outcome
        in (
            Outcome.ANSWERED,
            Outcome.VOICEMAIL,
            Outcome.CALLBACK,
        )
    ):
        facts.append(words._("waited %(time)s", time=words.duration(row.wait_seconds)))
    if row.talk_seconds:
        facts.append(words._("talked %(time)s", time=words.duration(row.talk_seconds)))
    return facts


def rang_back(words: Words, row: Call, kept: Promise, agent: str) -> Said:
    """A call that kept a promise."""
    after = later(words, row.answered_at - kept.created_at) if row.answered_at else ""
    if row.direction == Direction.OUTBOUND:
        who = isolated(agent) or words._("Somebody of us")
        return Said(words._("Kept: %(name)s rang back %(later)s", name=who, later=after), "kept", "live")
    return Said(words._("Kept: they got through %(later)s", later=after), "kept", "live")


def left_owed(words: Words, made: Promise, calls: Mapping[str, Call]) -> str:
    """What became of the promise a call made."""
    keeper = calls.get(made.kept_by or "")
    if made.state == PromiseState.OPEN:
        return words._("to be rung back by %(time)s", time=words.when(made.due_at))
    if made.state == PromiseState.DROPPED:
        return words._("the promise was dropped")
    if keeper is None or made.closed_at is None:
        return words._("the promise was kept")
    after = later(words, made.closed_at - made.created_at)
    if keeper.direction == Direction.OUTBOUND:
        return words._("rung back %(later)s", later=after)
    return words._("got through %(later)s", later=after)


def message(words: Words, row: Message) -> Said:
    """A message in a line."""
    whatsapp = row.channel == "whatsapp"
    if row.direction == Direction.INBOUND:
        sent = words._("Sent a WhatsApp message") if whatsapp else words._("Sent a text message")
    else:
        sent = words._("WhatsApp message to them") if whatsapp else words._("Text message to them")
    return Said(sent, "message", "lost" if row.status in ("failed", "undelivered") else "")


def message_state(words: Words, row: Message) -> str:
    """How far a message of ours came."""
    if row.direction == Direction.INBOUND:
        return ""
    return {
        "delivered": words._("Delivered"),
        "read": words._("Read"),
        "sent": words._("Sent"),
        "failed": words._("Not delivered"),
        "undelivered": words._("Not delivered"),
        "unknown": words._("It is not known whether it arrived"),
    }.get(row.status, words._("On its way"))


def promise(words: Words, row: Promise) -> Said:
    """A promise in a line, by what was promised or how it arose."""
    mark = {PromiseState.OPEN: "wait", PromiseState.KEPT: "live"}.get(PromiseState(row.state), "")
    icon = "kept" if row.state == PromiseState.KEPT else "promise"
    return Said(words._("Promised: %(what)s", what=isolated(owed(words, row))), icon, mark)


def owed(words: Words, row: Promise) -> str:
    """What is owed."""
    if row.what:
        return row.what
    return {
        PromiseKind.MISSED: words._("Ring back: the call was missed"),
        PromiseKind.VOICEMAIL: words._("Listen and ring back: a voicemail was left"),
        PromiseKind.CALLBACK: words._("Ring back, as they asked"),
    }.get(PromiseKind(row.kind), words._("Ring back"))


def later(words: Words, gap: timedelta) -> str:
    """How long after: 12 minutes later, 2 days later."""
    minutes = max(0, int(gap.total_seconds())) // 60
    if minutes < 1:
        return words._("within a minute")
    if minutes < 60:
        return words.ngettext("%(n)s minute later", "%(n)s minutes later", minutes)
    if minutes < 48 * 60:
        return words.ngettext("%(n)s hour later", "%(n)s hours later", minutes // 60)
    return words.ngettext("%(n)s day later", "%(n)s days later", minutes // (24 * 60))
