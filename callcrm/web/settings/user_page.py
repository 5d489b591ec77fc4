"""The page of one user, and what it saves: name, role, number, and what an agent can do."""

import structlog
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import profile, sessions, users
from callcrm.agents.access import account_guesses
from callcrm.base.errors import Refused
from callcrm.calls.outgoing.allowed_numbers import check_phone_of_user
from callcrm.edge.status import status_of
from callcrm.models import Agent, LoginSession, Role, User
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.browsers import browser
from callcrm.web.session.confirm import require_password
from callcrm.web.session.signed_out import text_of
from callcrm.web.settings.user_form import (
    LISTS,
    as_typed,
    faults_by_field,
    fields_to_save,
    region_name,
    split,
    stored_fields,
    texts_of,
    version,
)

FORM = ("name", "role", "number", *LISTS)
FIELDS = (*FORM, "confirm-change", "confirm-access")
log = structlog.get_logger()


async def refill(page: Page) -> Response:
    """The page of one user with the form as it was sent."""
    form = await page.form()
    return await render_user(page, page.id, form=texts_of(form, *FIELDS), editing=Editing.of_form(form))


async def user_page(page: Page) -> Response:
    """The page of one user."""
    return await render_user(page, page.id, done=page.request.query_params.get("done", ""))


async def render_user(
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
    faults = faults_by_field(page, fault, FIELDS)
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
        region=region_name(page),
        own=user.id == page.user.user_id,
        administers=page.user.role == Role.ADMIN,
        attacked=account_guesses.is_recent(user, page.now),
    )


async def edit(page: Page) -> Response:
    """Saves name, role and number, and of an agent the queues, skills and languages."""
    sent = await page.form()
    form = texts_of(sent, *FORM)
    settings, confirmed = page.services.settings, bool(text_of(sent, "confirm-change"))

    def verb(session: Session) -> bool:
        user, agent = users.lock_user(session, page.id)
        before, wanted = user.role, fields_to_save(sent, form, user, agent, settings.default_region)
        rung_elsewhere = wanted["number"] not in ("", user.number)
        if (rung_elsewhere or wanted["role"] != before) and not confirmed:
            raise Refused("enter your own password for this", field="confirm-change")
        if rung_elsewhere:
            check_phone_of_user(settings, wanted["number"])
        edited_by = {"by": page.user.user_id, "region": settings.default_region}
        after = users.edit_user(session, page.id, wanted, page.now, own=settings.numbers, **edited_by)
        if "skills" in wanted and before == after.role == Role.AGENT:
            profile.update_profile(session, page.id, {name: split(wanted[name]) for name in LISTS})
        return before != after.role

    try:
        if confirmed:
            await require_password(page, "confirm-change")
        moved = await page.write(verb)
    except BothChanged as both:
        form |= as_typed({name: text for name, text in both.fields.items() if name not in both.editing.both})
        return await render_user(page, page.id, 409, form=form, editing=both.editing)
    except Refused as fault:
        editing = Editing.of_form(sent)
        return await render_user(page, page.id, status_of(fault), fault=fault, form=form, editing=editing)
    log.info("user changed", user=page.id, by=page.user.user_id, what="role" if moved else "fields")
    return page.redirect(f"/settings/users/{page.id}?done={'role' if moved else 'saved'}")


routes = [
    get("/settings/users/{id}", user_page, role=Role.SUPERVISOR),
    post("/settings/users/{id}", edit, role=Role.ADMIN, refill=refill),
]
