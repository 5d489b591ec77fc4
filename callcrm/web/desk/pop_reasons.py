"""Why did I get no pop? The calls of the last hours that could have popped, each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
from callcrm.web.markup import bdi, fill, party
from callcrm.web.page import Page
from callcrm.web.routes import get


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One call and its reason in a sentence; `tone` is the colour of its badge."""

    reason: Reason
    caller: Markup
    sentence: Markup
    tone: str
    badge: str


class ReasonNarrator:
    """Puts reasons into sentences."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale

    def row(self, reason: Reason) -> ReasonRow:
        """The row of one reason."""
        tone, badge = self._badge(reason)
        return ReasonRow(reason, self._caller(reason), self._sentence(reason), tone, badge)

    def _caller(self, reason: Reason) -> Markup:
        if reason.customer:
            return bdi(reason.customer.name)
        return party(self._locale, reason.call)

    def _badge(self, reason: Reason) -> tuple[str, str]:
        _ = self._locale._
        pop = reason.pop
        if pop is None:
            return "", _("No pop")
        if pop.seen_at:
            return "live", _("Seen")
        return ("live", _("On the screen")) if pop.delivered_at else ("lost", _("Not confirmed"))

    def _sentence(self, reason: Reason) -> Markup:
        if reason.pop:
            return self._receipts(reason.pop)
        locale, call = self._locale, reason.call
        since = locale.when(reason.since) if reason.since else ""
        other = Markup('<a href="/calls/{}">{}</a>').format(reason.other, locale._("another call"))
        values = {
            "queue": labels.queue(locale, call.queue),
            "language": labels.language(locale, call.language),
            "rung": bdi(reason.offered.name if reason.offered else ""),
            "other": other,
            "since": since,
        }
        return fill(self._text(reason), **values)

    def _text(self, reason: Reason) -> str:
        _ = self._locale._
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
        _ = self._locale._
        sent = self._locale.clock(pop.sent_at)
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
        return self._locale.number(round(max(0.0, (came - sent).total_seconds()), 1))


async def pop_reasons_page(page: Page) -> Response:
    """The page for the signed-in agent, or for supervisors of any agent; Forbidden otherwise."""
    agent_id = page.request.query_params.get("agent") or page.user.user_id
    if agent_id != page.user.user_id and not page.user.supervises:
        raise Forbidden("Whose pops came is theirs, or a supervisor's, to see.")

    def load(session: Session) -> tuple[Sequence[User], RingingPath | None, list[Reason]]:
        agents = roster.list_agent_users(session) if page.user.supervises else []
        return agents, ringing_path(session, agent_id, page.now), reasons(session, agent_id, page.now)

    agents, agent_now, reasons_found = await page.read(load)
    narrator = ReasonNarrator(page.locale)
    return page.respond(
        "desk/pops/pop_reasons.html",
        agents=agents,
        agent_id=agent_id,
        agent_now=agent_now,
        rows=[narrator.row(reason) for reason in reasons_found],
        streams=page.services.hub.streams(agent_id),
        own=agent_id == page.user.user_id,
    )


routes = [get("/pops", pop_reasons_page)]
