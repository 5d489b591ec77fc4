"""Settings of people: who there is, and adding somebody."""

from functools import partial

import structlog
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import passwords, users
from callcrm.base.errors import Refused
from callcrm.calls.outgoing.allowed_numbers import check_phone_of_user
from callcrm.edge.status import status_of
from callcrm.models import Role, User
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.confirm import require_password
from callcrm.web.settings.user_form import faults_by_field, region_name, texts_of
from callcrm.web.settings.user_page import render_user

FIELDS = ("email", "name", "role", "number", "confirm")
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
        faults=faults_by_field(page, fault, FIELDS),
        roles=list(Role),
        region=region_name(page),
    )


async def add(page: Page) -> Response:
    """Adds a user and shows their password link, this once."""
    form = texts_of(await page.form(), *EMPTY)
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
        check_phone_of_user(settings, form["number"])
        await require_password(page)
        added, secret = await page.write(verb)
    except Refused as fault:
        return _new(page, status_of(fault), form, fault)
    log.info("user added", user=added.id, by=page.user.user_id)
    return await render_user(
        page, added.id, link=passwords.link_url(page.services.settings.public_url, secret), done="added"
    )


async def refill_new(page: Page) -> Response:
    """The form for a new user as it was sent."""
    return _new(page, 200, texts_of(await page.form(), *FIELDS))


routes = [
    get("/settings/users", list_users, role=Role.SUPERVISOR),
    get("/settings/users/new", new, role=Role.ADMIN),
    post("/settings/users", add, role=Role.ADMIN, refill=refill_new),
]
