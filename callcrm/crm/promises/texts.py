"""Promises in words."""

from datetime import timedelta

from callcrm.base.text import bidi_isolate
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models import Call, Direction, Promise, PromiseKind, PromiseState


def what_is_owed(locale: Locale, promise: Promise) -> str:
    """What is to be done: the text of the promise, or what follows from its kind."""
    if promise.what:
        return promise.what
    if promise.about_kind == "survey":
        return locale._("Ask what went wrong: a low mark after a call")
    return {
        PromiseKind.MISSED: locale._("Ring back: the call was missed"),
        PromiseKind.VOICEMAIL: locale._("Listen and ring back: a voicemail was left"),
        PromiseKind.CALLBACK: locale._("Ring back, as they asked"),
    }.get(PromiseKind(promise.kind), locale._("Ring back"))


def line(locale: Locale, promise: Promise) -> Line:
    """A promise in a line of text."""
    tone = {PromiseState.OPEN: "wait", PromiseState.KEPT: "live"}.get(PromiseState(promise.state), "")
    icon = "kept" if promise.state == PromiseState.KEPT else "promise"
    return Line(locale._("Promised: %(what)s", what=bidi_isolate(what_is_owed(locale, promise))), icon, tone)


def state(locale: Locale, promise: Promise, closer: str) -> str:
    """How a promise stands; `closer`: who of ours closed it, if anybody did."""
    at = locale.when(promise.closed_at) if promise.closed_at else ""
    if promise.state == PromiseState.OPEN:
        return locale._("due %(time)s", time=locale.when(promise.due_at))
    if promise.state == PromiseState.KEPT:
        return locale._("kept %(time)s", time=at)
    if closer:
        return locale._("dropped by %(name)s %(time)s", name=bidi_isolate(closer), time=at)
    return locale._("dropped %(time)s", time=at)


def kept_by_call(locale: Locale, call: Call, promise: Promise, agent: str) -> Line:
    """A line about a call that kept this promise."""
    after = later(locale, call.answered_at - promise.created_at) if call.answered_at else ""
    if call.direction == Direction.OUTBOUND:
        name = bidi_isolate(agent) or locale._("Somebody of us")
        return Line(locale._("Kept: %(name)s rang back %(later)s", name=name, later=after), "kept", "live")
    return Line(locale._("Kept: they got through %(later)s", later=after), "kept", "live")


def left_by_call(locale: Locale, promise: Promise, keeper: Call | None) -> str:
    """The state of the promise that a call made; `keeper` is the call that kept it."""
    if promise.state == PromiseState.OPEN:
        return locale._("to be rung back by %(time)s", time=locale.when(promise.due_at))
    if promise.state == PromiseState.DROPPED:
        return locale._("the promise was dropped")
    if keeper is None or promise.closed_at is None:
        return locale._("the promise was kept")
    after = later(locale, promise.closed_at - promise.created_at)
    if keeper.direction == Direction.OUTBOUND:
        return locale._("rung back %(later)s", later=after)
    return locale._("got through %(later)s", later=after)


def later(locale: Locale, gap: timedelta) -> str:
    """A delay in words: 12 minutes later, 2 days later."""
    minutes = max(0, int(gap.total_seconds())) // 60
    if minutes < 1:
        return locale._("within a minute")
    if minutes < 60:
        return locale.ngettext("%(n)s minute later", "%(n)s minutes later", minutes)
    if minutes < 48 * 60:
        return locale.ngettext("%(n)s hour later", "%(n)s hours later", minutes // 60)
    return locale.ngettext("%(n)s day later", "%(n)s days later", minutes // (24 * 60))
