"""Ringing somebody from a page: our own phone first, then theirs."""

from datetime import datetime

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import roster
from callcrm.agents.profile import target_for
from callcrm.agents.signins import SignedIn
from callcrm.agents.states import CLAIMED
from callcrm.base.errors import NotFound
from callcrm.calls import outbound
from callcrm.desk.page import Page
from callcrm.desk.routes import post
from callcrm.desk.words import Words


def why_not(session: Session, who: SignedIn, words: Words, now: datetime) -> str:
    """Why this one can't ring anybody just now; "" if they can."""
    try:
        agent, user = roster.agent(session, who.user_id)
    except NotFound:
        return words._("Only who takes calls can ring somebody from here.")
    if agent.state in CLAIMED:
        return words._("You are in a call.")
    if target_for(agent, user, now) is None:
        return words._("Nothing of yours can be rung: open the desk, or have your phone number put in.")
    return ""


async def ring(page: Page) -> Response:
    """One call: it rings whoever asked, and the number once they answer; the desk shows how it goes."""
    to = str((await page.form()).get("to", ""))
    await outbound.place(page.services, to=to, agent_id=page.who.user_id, by=page.who.user_id)
    return page.go("/desk")


routes = [post("/ring", ring)]
