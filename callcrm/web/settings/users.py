"""Settings of users."""

from collections.abc import Collection
from functools import partial

import structlog
from babel import Locale
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import passwords, profile, sessions, users
from callcrm.agents.access import account_guesses
from callcrm.base.errors import Refused
from callcrm.calls import stuck_agents
from callcrm.edge.status import status_of
from callcrm.models import Agent, AgentState, LoginSession, Role, User
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.browsers import browser
from callcrm.web.session.confirm import require_password
from callcrm.web.session.signed_out import text_of
from callcrm.web.settings.user_form import LISTS, as_typed, fields_to_save, split, stored_fields, version

WHERE_SERVED = "http://127.0.0.1:8000"
NEW_FIELDS = ("email", "name", "role", "number", "confirm")
FORM = ("name", "role", "number", *LISTS)
FIELDS = (*FORM, "confirm-role", "confirm-access")
EMPTY = {"email": "", "name": "", "role": Role.AGENT, "number": ""}
log = structlog.get_logger()


async def list_users(page: Page) -> Response:
    """The page: all users by name."""
    rows = await page.read(partial(users.list_users, now=page.now))
    return page.respond("settings/users.html", users=rows, most=users.MAX_LISTED)


async def new(page: Page) -> Response:
    """The form for a new user."""
    return _new(page, 200, dict(EMPTY))


def _new(page: Page, status: int, form: dict[str, str], fault: Refused | None = None) -> Response:
    return page.respond(
        "settings/new_user.html",
        status,
        form=form,
        faults=_faults(page, fault, NEW_FIELDS),
        roles=list(Role),
        region=_region(page),
    )


def _faults(page: Page, fault: Refused | None, fields: Collection[str]) -> dict[str, str]:
    """A refusal by field; under "" if it is about none of these."""
    if fault is None:
        return {}
    field = fault.field if fault.field in fields else None
    return {field or "": error_pages.error_text(page.locale, fault)}


def _region(page: Page) -> str:
    code = page.services.settings.default_region
    return str(Locale.parse(page.locale.language).territories.get(code) or code)


async def add(page: Page) -> Response:
    """Adds a user and shows their password link, this once."""
    form = _fields(await page.form(), *EMPTY)
    settings = page.services.settings

    def verb(session: Session) -> tuple[User, str]:
        added = users.add_user(
            session,
            form["email"],
            form["role"],
            form["name"],
            form["number"].strip(),
            password=None,
            now=page.now,
            region=settings.default_region,
            own=settings.numbers,
        )
        return added, passwords.create_link(session, added.id, page.now)

    try:
        await require_password(page)
        added, secret = await page.write(verb)
    except Refused as fault:
        return _new(page, status_of(fault), form, fault)
    log.info("user added", user=added.id, by=page.user.user_id)
    return await _user_page(page, added.id, link=_link(page, secret), done="added")


def _fields(form: FormData, *names: str) -> dict[str, str]:
    return {name: text_of(form, name) for name in names}


def _link(page: Page, secret: str) -> str:
    return f"{page.services.settings.public_url or WHERE_SERVED}/set-password/{secret}"


async def refill_new(page: Page) -> Response:
    """The form for a new user as it was sent."""
    return _new(page, 200, _fields(await page.form(), *NEW_FIELDS))


async def refill(page: Page) -> Response:
    """The page of one user with the form as it was sent."""
    form = await page.form()
    return await _user_page(page, page.id, form=_fields(form, *FIELDS), editing=Editing.of_form(form))


async def user_page(page: Page) -> Response:
    """The page of one user."""
    return await _user_page(page, page.id, done=page.request.query_params.get("done", ""))


async def _user_page(
    page: Page,
    user_id: str,
    status: int = 200,
    *,
    link: str = "",
    done: str = "",
    fault: Refused | None = None,
    form: dict[str, str] | None = None,
    editing: Editing | None = None,
) -> Response:
    def verb(session: Session) -> tuple[User, Agent | None, list[tuple[str, LoginSession]]]:
        user = users.get_user(session, user_id)
        live = sessions.list_sessions(session, user_id, page.now)
        at_phones = session.get(Agent, user_id) if user.role == Role.AGENT else None
        return user, at_phones, [(browser(page.locale, session.browser), session) for session in live]

    user, agent, signed_in = await page.read(verb)
    faults = _faults(page, fault, FIELDS)
    return page.respond(
        "settings/user/user.html",
        status,
        user=user,
        agent=agent,
        sessions=signed_in,
        link=link,
        done=done,
        faults=faults,
        faults_elsewhere=[text for field, text in faults.items() if not field],
        form=form or as_typed(stored_fields(user, agent)),
        editing=editing or Editing(version(user, agent), stored_fields(user, agent)),
        roles=list(Role),
        region=_region(page),
        own=user.id == page.user.user_id,
        administers=page.user.role == Role.ADMIN,
        attacked=account_guesses.is_recent(user, page.now),
    )


async def edit(page: Page) -> Response:
    """Saves name, role and number, and of an agent the queues, skills and languages."""
    sent = await page.form()
    form = _fields(sent, *FORM)
    settings, confirmed = page.services.settings, bool(text_of(sent, "confirm-role"))

    def verb(session: Session) -> bool:
        user, agent = users.lock_user(session, page.id)
        before, wanted = user.role, fields_to_save(sent, form, user, agent, settings.default_region)
        if wanted["role"] != before and not confirmed:
            raise Refused("enter your own password for this", field="confirm-role")
        who = {"by": page.user.user_id, "region": settings.default_region}
        after = users.edit_user(session, page.id, wanted, page.now, own=settings.numbers, **who)
        if "skills" in wanted and before == after.role == Role.AGENT:
            profile.update_profile(session, page.id, {name: split(wanted[name]) for name in LISTS})
        return before != after.role

    try:
        if confirmed:
            await require_password(page, "confirm-role")
        moved = await page.write(verb)
    except BothChanged as both:
        form |= as_typed({name: text for name, text in both.fields.items() if name not in both.editing.both})
        return await _user_page(page, page.id, 409, form=form, editing=both.editing)
    except Refused as fault:
        editing = Editing.of_form(sent)
        return await _user_page(page, page.id, status_of(fault), fault=fault, form=form, editing=editing)
    log.info("user changed", user=page.id, by=page.user.user_id, what="role" if moved else "fields")
    return page.redirect(f"/settings/users/{page.id}?done={'role' if moved else 'saved'}")


async def disable(page: Page) -> Response:
    """Disables the user."""
    await page.write(partial(users.disable, user_id=page.id, now=page.now, by=page.user.user_id))
    return _done(page, "disabled")


async def enable(page: Page) -> Response:
    """Enables the user."""
    try:
        await require_password(page, "confirm-access")
    except Refused as fault:
        return await _user_page(page, page.id, status_of(fault), fault=fault)
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
        return await _user_page(page, page.id, status_of(fault), fault=fault)
    log.info("password link made", user=page.id, by=page.user.user_id)
    return await _user_page(page, page.id, link=_link(page, secret))


SEES, CHANGES = Role.SUPERVISOR, Role.ADMIN
routes = [
    get("/settings/users", list_users, role=SEES),
    get("/settings/users/new", new, role=CHANGES),
    post("/settings/users", add, role=CHANGES, refill=refill_new),
    get("/settings/users/{id}", user_page, role=SEES),
    post("/settings/users/{id}", edit, role=CHANGES, refill=refill),
    post("/settings/users/{id}/disable", disable, role=CHANGES),
    post("/settings/users/{id}/enable", enable, role=CHANGES),
    post("/settings/users/{id}/link", new_link, role=CHANGES),
    post("/settings/users/{id}/guessing/seen", end_warning, role=CHANGES),
    post("/settings/users/{id}/sessions/end", end_sessions, role=CHANGES),
    post("/settings/users/{id}/offline", sign_off, role=SEES),
]
