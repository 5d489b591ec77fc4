"""Click-to-call on pages: it rings the agent first, then the number."""

from datetime import datetime

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import roster
from callcrm.agents.ring_target import target_for
from callcrm.agents.sessions import SignedInUser
from callcrm.agents.states import CLAIMED
from callcrm.base.errors import NotFound
from callcrm.calls.outgoing import click_to_call
from callcrm.i18n.locale import Locale
from callcrm.web.page import Page
from callcrm.web.routes import post


def cannot_call(session: Session, user: SignedInUser, locale: Locale, now: datetime) -> str:
    """Why this user can't place a call now; "" if they can."""
    try:
        agent, account = roster.get_agent(session, user.user_id)
    except NotFound:
        return locale._("Only who takes calls can ring somebody from here.")
    if agent.state in CLAIMED:
        return locale._("You are in a call.")
    if target_for(agent, account, now) is None:
        return locale._("Nothing of yours can be rung: open the desk, or have your phone number put in.")
    return ""


async def place_call(page: Page) -> Response:
    """Places one call; the call panel then shows its progress."""
    to = str((await page.form()).get("to", ""))
    await click_to_call.place(page.services, to=to, agent_id=page.user.user_id, by=page.user.user_id)
    return page.redirect("/desk")


routes = [post("/ring", place_call)]
