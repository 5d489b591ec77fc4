"""The user's account: preferences, password, and login sessions."""

from functools import partial
from typing import Any

import structlog
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import passwords, sessions, users
from callcrm.agents.access import account_guesses, password_reentry
from callcrm.agents.access.throttled import Throttled
from callcrm.agents.access.weak_passwords import own_words
from callcrm.base.errors import Conflict, Refused
from callcrm.edge.forms import read_form
from callcrm.models import Agent, User
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.browsers import browser
from callcrm.web.session.login import admit
from callcrm.web.session.passwords import problem_of
from callcrm.web.session.signed_out import text_of
from callcrm.web.session.way_back import page_at

log = structlog.get_logger()


async def account(page: Page) -> Response:
    """The page."""
    return await _account_page(page)


async def refill(page: Page) -> Response:
    """The page with the preferences as they were sent."""
    return await _account_page(page, sent=await page.form())


async def _account_page(
    page: Page, status: int = 200, problem: str = "", sent: FormData | None = None
) -> Response:
    def verb(session: Session) -> dict[str, Any]:
        return {
            "user": users.get_user(session, page.user.user_id),
            "agent": session.get(Agent, page.user.user_id),
            "sessions": sessions.list_sessions(session, page.user.user_id, page.now),
        }

    advice = {"least": passwords.MIN_LENGTH, "advised": passwords.ADVISED_LENGTH, "themes": users.THEMES}
    context = await page.read(verb)
    user: User = context["user"]
    editing = Editing(str(user.version), preferences(user))
    chosen = preferences(user)
    if sent is not None:
        chosen |= {name: text_of(sent, name) for name in ("language", "theme") if name in sent}
        chosen["shortcuts"] = text_of(sent, "shortcuts") if "theme" in sent else chosen["shortcuts"]
        editing = Editing.of_form(sent) if "theme" in sent else editing
    browsers = {row.id: browser(page.locale, row.browser) for row in context["sessions"]}
    done = page.request.query_params.get("done", "")
    return page.respond(
        "session/account.html",
        status,
        problem=problem,
        done=done,
        browsers=browsers,
        chosen=chosen,
        editing=editing,
        **context,
        **advice,
    )


async def set_language(page: Page) -> Response:
    """Sets the user's language and returns to the page they came from."""
    form = await page.form()
    language = text_of(form, "language")
    await page.write(partial(users.set_preferences, user_id=page.user.user_id, language=language))
    return page.redirect(page_at(page.request.app.router.routes, text_of(form, "back")))


async def set_preferences(page: Page) -> Response:
    """Sets language, theme and keyboard shortcuts."""
    form = await page.form()
    sent = {name: text_of(form, name) for name in ("language", "theme", "shortcuts")}
    editing = Editing.of_form(form)

    def verb(session: Session) -> None:
        user, _ = users.lock_user(session, page.user.user_id)
        try:
            saved = editing.merge(sent, preferences(user), str(user.version))
        except BothChanged as both:
            saved = both.fields  # one's own other tab: the later choice is the one that was made last
        users.set_preferences(
            session,
            user.id,
            language=saved["language"],
            theme=saved["theme"],
            shortcuts=saved["shortcuts"] == "on",
        )

    await page.write(verb)
    return page.redirect("/me?done=liked")


def preferences(user: User) -> dict[str, str]:
    """The fields of the form of preferences as they are stored."""
    return {"language": user.language, "theme": user.theme, "shortcuts": "on" if user.shortcuts else ""}


async def change_password(page: Page) -> Response:
    """Sets the user's password; all sessions end, and a new one begins in this browser."""
    form = await read_form(page.request)  # passwords are compared as they are typed
    me = await page.read(partial(users.get_user, user_id=page.user.user_id))
    try:
        attempt = await page.write(partial(password_reentry.begin, user_id=me.id, now=page.now))
    except Throttled:
        return await _account_page(page, 429, "throttled")
    if not await page.web.passwords.verify(text_of(form, "old"), me.password_hash):
        log.warning("password not changed", user=me.id)
        return await _account_page(page, 422, "wrong")
    try:
        words = own_words(me.name, me.email, page.services.settings.public_url)
        hashed = await page.web.passwords.hashed(text_of(form, "new"), words)
    except Refused as fault:
        return await _account_page(page, 422, problem_of(fault))
    await page.write(partial(password_reentry.record_success, attempt=attempt))
    await page.write(partial(passwords.change_password, user_id=me.id, hashed=hashed, now=page.now))
    log.info("password changed", user=me.id)
    return await admit(page.request, page.web, me.id, "/me?done=password")


async def end_warning(page: Page) -> Response:
    """Puts away the warning that somebody guesses the user's password, until the next guess."""
    await page.write(partial(account_guesses.end_warning, user_id=page.user.user_id))
    return page.redirect("/me")


async def end_session(page: Page) -> Response:
    """Ends one other session of the user."""
    if page.id == page.user.session_id:
        raise Conflict("this is the session you are using: sign out instead")
    await page.write(partial(sessions.end_session, session_id=page.id, user_id=page.user.user_id))
    return page.redirect("/me?done=ended")


async def end_other_sessions(page: Page) -> Response:
    """Ends all other sessions of the user."""
    await page.write(partial(sessions.end_all_sessions, user_id=page.user.user_id, but=page.user.session_id))
    return page.redirect("/me?done=ended")


routes = [
    get("/me", account),
    post("/me/language", set_language, refill=refill),
    post("/me/preferences", set_preferences, refill=refill),
    post("/me/password", change_password, refill=account),
    post("/me/guessing/seen", end_warning),
    post("/me/sessions/end", end_other_sessions),
    post("/me/sessions/{id}/end", end_session),
]
