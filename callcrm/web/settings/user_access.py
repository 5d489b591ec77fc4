"""What ends or opens a user's way in: accounts, sessions, password links, and being rung."""

from functools import partial

import structlog
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import passwords, sessions, users
from callcrm.agents.access import account_guesses
from callcrm.base.errors import Refused
from callcrm.calls import stuck_agents
from callcrm.edge.status import status_of
from callcrm.models import AgentState, Role
from callcrm.web.page import Page
from callcrm.web.routes import post
from callcrm.web.session.confirm import require_password
from callcrm.web.settings.user_page import render_user

log = structlog.get_logger()


async def disable(page: Page) -> Response:
    """Disables the user."""
    await page.write(partial(users.disable, user_id=page.id, now=page.now, by=page.user.user_id))
    return _done(page, "disabled")


async def enable(page: Page) -> Response:
    """Enables the user."""
    try:
        await require_password(page, "confirm-access")
    except Refused as fault:
        return await render_user(page, page.id, status_of(fault), fault=fault)
    await page.write(partial(users.enable, user_id=page.id))
    return _done(page, "enabled")


async def end_warning(page: Page) -> Response:
    """Puts away the warning that somebody guesses the user's password, until the next guess."""
    await page.write(partial(account_guesses.end_warning, user_id=page.id))
    return _done(page, "seen")


async def end_sessions(page: Page) -> Response:
    """Ends the user's sessions, this one excepted if it is the user's own."""
    await page.write(partial(sessions.end_all_sessions, user_id=page.id, but=page.user.session_id))
    return _done(page, "ended")


async def sign_off(page: Page) -> Response:
    """Sets the agent offline, after the call if they are on one that goes on."""
    by = page.user.user_id
    await stuck_agents.set_state(page.services, page.id, AgentState.OFFLINE, by=by, trusted=True)
    return _done(page, "offline")


def _done(page: Page, what: str) -> Response:
    log.info("user changed", what=what, user=page.id, by=page.user.user_id)
    return page.redirect(f"/settings/users/{page.id}?done={what}")


async def new_link(page: Page) -> Response:
    """Makes and shows a new password link; the earlier one stops working."""

    def verb(session: Session) -> str:
        user = passwords.require_enabled(users.get_user(session, page.id))
        return passwords.create_link(session, user.id, page.now)

    try:
        await require_password(page, "confirm-access")
        secret = await page.write(verb)
    except Refused as fault:
        return await render_user(page, page.id, status_of(fault), fault=fault)
    log.info("password link made", user=page.id, by=page.user.user_id)
    return await render_user(
        page, page.id, link=passwords.link_url(page.services.settings.public_url, secret)
    )


routes = [
    post("/settings/users/{id}/disable", disable, role=Role.ADMIN),
    post("/settings/users/{id}/enable", enable, role=Role.ADMIN),
    post("/settings/users/{id}/link", new_link, role=Role.ADMIN),
    post("/settings/users/{id}/guessing/seen", end_warning, role=Role.ADMIN),
    post("/settings/users/{id}/sessions/end", end_sessions, role=Role.ADMIN),
    post("/settings/users/{id}/offline", sign_off, role=Role.SUPERVISOR),
]
