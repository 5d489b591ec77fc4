"""Why did I get no pop? The calls of the last hours that could have come, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import roster
from callcrm.base.errors import Forbidden
from callcrm.calls.pop_reasons import PopReason, Reason, reasons
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.models import Pop, User
from callcrm.views.desk.agent_day import RingingPath, ringing_path
from callcrm.web.markup import bdi, fill, tel
from callcrm.web.page import Page
from callcrm.web.routes import get


@dataclass(frozen=True, slots=True)
class Line:
    """One call and the sentence that says why; `kind` is the colour of its badge."""

    reason: Reason
    who: Markup
    said: Markup
    kind: str
    badge: str


class Said:
    """The reasons as sentences."""

    def __init__(self, locale: Locale) -> None:
        self._words = locale

    def line(self, reason: Reason) -> Line:
        """One call with its reason."""
        kind, badge = self._badge(reason)
        return Line(reason, self._who(reason), self._why(reason), kind, badge)

    def _who(self, reason: Reason) -> Markup:
        if reason.customer:
            return bdi(reason.customer.name)
        return (
            tel(self._words, reason.call.phone)
            if reason.call.phone
            else fill(self._words._("Number withheld"))
        )

    def _badge(self, reason: Reason) -> tuple[str, str]:
        _ = self._words._
        pop = reason.pop
        if pop is None:
            return "", _("No pop")
        if pop.seen_at:
            return "live", _("Seen")
        return ("live", _("On the screen")) if pop.delivered_at else ("lost", _("Not confirmed"))

    def _why(self, reason: Reason) -> Markup:
        if reason.pop:
            return self._receipts(reason.pop)
        locale, call = self._words, reason.call
        since = locale.when(reason.since) if reason.since else ""
        other = Markup('<a href="/calls/{}">{}</a>').format(reason.other, locale._("another call"))
        known = {
            "queue": labels.queue(locale, call.queue),
            "language": labels.language(locale, call.language),
            "rung": bdi(reason.offered.name if reason.offered else ""),
            "other": other,
            "since": since,
        }
        return fill(self._sentence(reason), **known)

    def _sentence(self, reason: Reason) -> str:
        _ = self._words._
        return {
            PopReason.QUEUE: _("The caller chose %(queue)s, which is not among the queues served."),
            PopReason.OFFLINE: _("Offline since %(since)s."),
            PopReason.BREAK: _("On a break since %(since)s."),
            PopReason.ON_CALL: _("On %(other)s since %(since)s."),
            PopReason.WRAP_UP: _("In wrap-up after %(other)s since %(since)s."),
            PopReason.UNREACHABLE: _(
                "Could not be rung: no softphone was open in a browser and no phone number is set."
            ),
            PopReason.OWN_AGENT: _("Went to %(rung)s, the customer’s own agent."),
            PopReason.LANGUAGE: _("Went to %(rung)s, who speaks the caller’s language, %(language)s."),
            PopReason.SKILL: _("Went to %(rung)s, who has the skill for %(queue)s."),
            PopReason.IDLE_LONGER: _("Went to %(rung)s, who knew the caller or had been idle longer."),
            PopReason.NOBODY: _(
                "Was offered to nobody: the caller left, or chose something else, before anybody’s turn."
            ),
        }.get(reason.why, "")

    def _receipts(self, pop: Pop) -> Markup:
        _ = self._words._
        sent = self._words.clock(pop.sent_at)
        if pop.delivered_at is None:
            text = _(
                "Sent at %(sent)s. The screen did not confirm it: it was not connected, or no desk was open."
            )
            return fill(text, sent=sent)
        delivered = self._after(pop.sent_at, pop.delivered_at)
        if pop.seen_at is None:
            text = _(
                "Sent at %(sent)s, on the screen after %(delivered)s s; another page was in front of it."
            )
            return fill(text, sent=sent, delivered=delivered)
        text = _("Sent at %(sent)s, on the screen after %(delivered)s s, seen after %(seen)s s.")
        return fill(text, sent=sent, delivered=delivered, seen=self._after(pop.sent_at, pop.seen_at))

    def _after(self, sent: datetime, came: datetime) -> str:
        return self._words.number(round(max(0.0, (came - sent).total_seconds()), 1))


async def why(page: Page) -> Response:
    """An agent's own calls, or for supervisors anybody's."""
    asked = page.request.query_params.get("agent") or page.user.user_id
    if asked != page.user.user_id and not page.user.supervises:
        raise Forbidden("Whose pops came is theirs, or a supervisor's, to see.")

    def verb(session: Session) -> tuple[Sequence[User], RingingPath | None, list[Reason]]:
        everybody = roster.list_agent_users(session) if page.user.supervises else []
        return everybody, ringing_path(session, asked, page.now), reasons(session, asked, page.now)

    everybody, now_, found = await page.read(verb)
    said = Said(page.locale)
    context = {
        "everybody": everybody,
        "asked": asked,
        "current": now_,
        "lines": [said.line(row) for row in found],
        "streams": page.services.hub.streams(asked),
        "mine": asked == page.user.user_id,
        "queue_of": partial(labels.queue, page.locale),
        "language_of": partial(labels.language, page.locale),
    }
    return page.show("desk/pop_reasons.html", **context)


routes = [get("/pops", why)]
