"""Calls and messages in a customer's history, each in a line of text."""

from collections.abc import Callable

from callcrm.base.text import bidi_isolate
from callcrm.i18n import labels
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models import Call, CallState, Direction, Message, Outcome


def call(locale: Locale, row: Call, agent: str = "", tape_seconds: int | None = None) -> Line:
    """A call in a line; `agent` is whoever spoke or was rung, `tape_seconds` the length of a voicemail."""
    name = bidi_isolate(agent)
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
        title = locale._(
            "Waits in the queue for %(queue)s", queue=bidi_isolate(labels.queue(locale, row.queue))
        )
    else:
        title = locale._("Is calling now")
    return Line(title, "phone", "live" if row.state == CallState.IN_PROGRESS else "wait")


def _rung_by_us(locale: Locale, row: Call, name: str) -> Line:
    agent_name = name or locale._("Somebody of us")
    texts: dict[str, Callable[[], str]] = {
        Outcome.ANSWERED: lambda: locale._("%(name)s rang and got through", name=agent_name),
        Outcome.NO_ANSWER: lambda: locale._("%(name)s rang, nobody answered", name=agent_name),
        Outcome.BUSY: lambda: locale._("%(name)s rang, the line was busy", name=agent_name),
        Outcome.FAILED: lambda: locale._("%(name)s rang, the call failed", name=agent_name),
    }
    text = texts.get(row.outcome or "")
    title = text() if text else locale._("%(name)s rang and hung up before an answer", name=agent_name)
    return Line(title, "out", "" if row.outcome == Outcome.ANSWERED else "wait", flip=True)


def _rung_us(locale: Locale, row: Call, name: str, tape_seconds: int | None) -> Line:
    if row.outcome == Outcome.ANSWERED:
        return Line(_answered(locale, row, name), "in", flip=True)
    if row.outcome == Outcome.VOICEMAIL:
        lasts = locale.duration(tape_seconds)
        title = (
            locale._("Left a voicemail, %(time)s", time=lasts)
            if tape_seconds
            else locale._("Left a voicemail")
        )
        return Line(title, "voicemail", "wait")
    if row.outcome == Outcome.CALLBACK:
        return Line(locale._("Asked to be rung back"), "promise", "wait")
    return Line(_missed(locale, row), "missed", "lost", flip=True)


def _answered(locale: Locale, row: Call, name: str) -> str:
    queue = bidi_isolate(labels.queue(locale, row.queue))
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
    """Further facts of a call: its queue if the line does not name it, and the wait and talk times."""
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


def message(locale: Locale, row: Message) -> Line:
    """A message in a line."""
    whatsapp = row.channel == "whatsapp"
    if row.direction == Direction.INBOUND:
        sent = locale._("Sent a WhatsApp message") if whatsapp else locale._("Sent a text message")
    else:
        sent = locale._("WhatsApp message to them") if whatsapp else locale._("Text message to them")
    return Line(sent, "message", "lost" if row.status in ("failed", "undelivered") else "")


def message_state(locale: Locale, row: Message) -> str:
    """The state of a message we sent, in a word."""
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
