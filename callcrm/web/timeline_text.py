"""What passed between a customer and us, in words: calls, messages and promises, each in a line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from callcrm.base.text import isolated
from callcrm.i18n.locale import Locale
from callcrm.models import Call, CallState, Direction, Message, Outcome, Promise, PromiseKind, PromiseState
from callcrm.web import labels


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its words, its icon (`flip`: one with a direction) and the state its colour means."""

    title: str
    icon: str
    mark: str = ""
    flip: bool = False


def call(locale: Locale, row: Call, agent: str = "", tape_seconds: int | None = None) -> Line:
    """A call in a line; `agent`: whoever spoke or rang, `tape_seconds` how long a voicemail is."""
    name = isolated(agent)
    if row.state != CallState.ENDED:
        return _under_way(locale, row, name)
    if row.direction == Direction.OUTBOUND:
        return _rung_by_us(locale, row, name)
    return _rung_us(locale, row, name, tape_seconds)


def _under_way(locale: Locale, row: Call, name: str) -> Line:
    if row.state == CallState.IN_PROGRESS:
        title = locale._("In call with %(name)s", name=name) if name else locale._("In call now")
    elif row.direction == Direction.OUTBOUND:
        title = locale._("%(name)s is ringing them", name=name) if name else locale._("We are ringing them")
    elif row.state == CallState.QUEUED:
        title = locale._("Waits in the queue for %(queue)s", queue=isolated(labels.queue(locale, row.queue)))
    else:
        title = locale._("Is calling now")
    return Line(title, "phone", "live" if row.state == CallState.IN_PROGRESS else "wait")


def _rung_by_us(locale: Locale, row: Call, name: str) -> Line:
    who = name or locale._("Somebody of us")
    said: dict[str, Callable[[], str]] = {
        Outcome.ANSWERED: lambda: locale._("%(name)s rang and got through", name=who),
        Outcome.NO_ANSWER: lambda: locale._("%(name)s rang, nobody answered", name=who),
        Outcome.BUSY: lambda: locale._("%(name)s rang, the line was busy", name=who),
        Outcome.FAILED: lambda: locale._("%(name)s rang, the call failed", name=who),
    }
    told = said.get(row.outcome or "")
    title = told() if told else locale._("%(name)s rang and hung up before an answer", name=who)
    return Line(title, "out", "" if row.outcome == Outcome.ANSWERED else "wait", flip=True)


def _rung_us(locale: Locale, row: Call, name: str, tape_seconds: int | None) -> Line:
    if row.outcome == Outcome.ANSWERED:
        return Line(_answered(locale, row, name), "in", flip=True)
    if row.outcome == Outcome.VOICEMAIL:
        lasts = locale.duration(tape_seconds)
        said = (
            locale._("Left a voicemail, %(time)s", time=lasts)
            if tape_seconds
            else locale._("Left a voicemail")
        )
        return Line(said, "voicemail", "wait")
    if row.outcome == Outcome.CALLBACK:
        return Line(locale._("Asked to be rung back"), "promise", "wait")
    return Line(_missed(locale, row), "missed", "lost", flip=True)


def _answered(locale: Locale, row: Call, name: str) -> str:
    queue = isolated(labels.queue(locale, row.queue))
    if queue and name:
        return locale._("Called about %(queue)s, %(name)s answered", queue=queue, name=name)
    if name:
        return locale._("Called, %(name)s answered", name=name)
    return (
        locale._("Called about %(queue)s and got through", queue=queue)
        if queue
        else locale._("Called and got through")
    )


def _missed(locale: Locale, row: Call) -> str:
    if row.outcome == Outcome.FAILED:
        return locale._("Called, and the call failed")
    if row.outcome == Outcome.BUSY:
        return locale._("Called, and the line was busy")
    if row.outcome == Outcome.NO_ANSWER:
        return locale._("Called, and nobody answered")
    if row.queued_at is not None and row.wait_seconds is not None:
        return locale._("Gave up in the queue after %(time)s", time=locale.duration(row.wait_seconds))
    return locale._("Hung up in the menu") if row.ivr_path else locale._("Hung up before anybody answered")


def call_facts(locale: Locale, row: Call) -> list[str]:
    """What else is to be said of a call: its queue where the line doesn't say it, waiting, talking."""
    facts = []
    answered = row.outcome == Outcome.ANSWERED and row.direction == Direction.INBOUND
    if row.queue and not answered and row.state != CallState.QUEUED:
        facts.append(labels.queue(locale, row.queue))
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
        facts.append(locale._("waited %(time)s", time=locale.duration(row.wait_seconds)))
    if row.talk_seconds:
        facts.append(locale._("talked %(time)s", time=locale.duration(row.talk_seconds)))
    return facts


def rang_back(locale: Locale, row: Call, kept: Promise, agent: str) -> Line:
    """A call that kept a promise."""
    after = later(locale, row.answered_at - kept.created_at) if row.answered_at else ""
    if row.direction == Direction.OUTBOUND:
        who = isolated(agent) or locale._("Somebody of us")
        return Line(locale._("Kept: %(name)s rang back %(later)s", name=who, later=after), "kept", "live")
    return Line(locale._("Kept: they got through %(later)s", later=after), "kept", "live")


def left_owed(locale: Locale, made: Promise, calls: Mapping[str, Call]) -> str:
    """What became of the promise a call made."""
    keeper = calls.get(made.kept_by or "")
    if made.state == PromiseState.OPEN:
        return locale._("to be rung back by %(time)s", time=locale.when(made.due_at))
    if made.state == PromiseState.DROPPED:
        return locale._("the promise was dropped")
    if keeper is None or made.closed_at is None:
        return locale._("the promise was kept")
    after = later(locale, made.closed_at - made.created_at)
    if keeper.direction == Direction.OUTBOUND:
        return locale._("rung back %(later)s", later=after)
    return locale._("got through %(later)s", later=after)


def message(locale: Locale, row: Message) -> Line:
    """A message in a line."""
    whatsapp = row.channel == "whatsapp"
    if row.direction == Direction.INBOUND:
        sent = locale._("Sent a WhatsApp message") if whatsapp else locale._("Sent a text message")
    else:
        sent = locale._("WhatsApp message to them") if whatsapp else locale._("Text message to them")
    return Line(sent, "message", "lost" if row.status in ("failed", "undelivered") else "")


def message_state(locale: Locale, row: Message) -> str:
    """How far a message of ours came."""
    if row.direction == Direction.INBOUND:
        return ""
    return {
        "delivered": locale._("Delivered"),
        "read": locale._("Read"),
        "sent": locale._("Sent"),
        "failed": locale._("Not delivered"),
        "undelivered": locale._("Not delivered"),
        "unknown": locale._("It is not known whether it arrived"),
    }.get(row.status, locale._("On its way"))


def promise(locale: Locale, row: Promise) -> Line:
    """A promise in a line, by what was promised or how it arose."""
    mark = {PromiseState.OPEN: "wait", PromiseState.KEPT: "live"}.get(PromiseState(row.state), "")
    icon = "kept" if row.state == PromiseState.KEPT else "promise"
    return Line(locale._("Promised: %(what)s", what=isolated(owed(locale, row))), icon, mark)


def owed(locale: Locale, row: Promise) -> str:
    """What is owed."""
    if row.what:
        return row.what
    return {
        PromiseKind.MISSED: locale._("Ring back: the call was missed"),
        PromiseKind.VOICEMAIL: locale._("Listen and ring back: a voicemail was left"),
        PromiseKind.CALLBACK: locale._("Ring back, as they asked"),
    }.get(PromiseKind(row.kind), locale._("Ring back"))


def later(locale: Locale, gap: timedelta) -> str:
    """How long after: 12 minutes later, 2 days later."""
    minutes = max(0, int(gap.total_seconds())) // 60
    if minutes < 1:
        return locale._("within a minute")
    if minutes < 60:
        return locale.ngettext("%(n)s minute later", "%(n)s minutes later", minutes)
    if minutes < 48 * 60:
        return locale.ngettext("%(n)s hour later", "%(n)s hours later", minutes // 60)
    return locale.ngettext("%(n)s day later", "%(n)s days later", minutes // (24 * 60))
