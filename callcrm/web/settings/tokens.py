"""Settings of tokens: what programs may use the API, made and revoked here."""

from functools import partial
from typing import Any

import structlog
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import tokens, users
from callcrm.agents.access.token_end import parse_end
from callcrm.base.errors import Refused
from callcrm.edge.status import status_of
from callcrm.models import Role
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.confirm import require_password
from callcrm.web.session.signed_out import text_of

EMPTY = {"name": "", "role": Role.SUPERVISOR, "user": "", "expires": "365d"}
log = structlog.get_logger()


async def list_tokens(page: Page) -> Response:
    """The page: all tokens, newest first, and the form for a new one."""
    return await _tokens_page(page, done=page.request.query_params.get("done", ""))


async def _tokens_page(
    page: Page,
    status: int = 200,
    *,
    secret: str = "",
    done: str = "",
    fault: Refused | None = None,
    form: dict[str, str] | None = None,
) -> Response:
    def verb(session: Session) -> dict[str, Any]:
        people = [(user.email, user.name) for user in users.list_active_users(session)]
        return {"tokens": tokens.list_tokens(session), "people": people}

    faults = {fault.field or "": error_pages.error_text(page.locale, fault)} if fault else {}
    return page.respond(
        "settings/tokens/tokens.html",
        status,
        **await page.read(verb),
        secret=secret,
        done=done,
        faults=faults,
        form=form or EMPTY,
        most=tokens.MAX_LISTED,
    )


async def add(page: Page) -> Response:
    """Makes a token and shows its secret, this once."""
    sent = await page.form()
    form = {name: text_of(sent, name) for name in EMPTY}
    try:
        await require_password(page)
        end = parse_end(form["expires"], page.now, page.services.settings.zone) if form["expires"] else None
        verb = partial(tokens.add_token, user_email=form["user"] or None, expires_at=end, now=page.now)
        secret = await page.write(partial(verb, name=form["name"], role=form["role"]))
    except Refused as fault:
        return await _tokens_page(page, status_of(fault), fault=fault, form=form)
    log.info("token made", by=page.user.user_id)
    return await _tokens_page(page, secret=secret)


async def refill(page: Page) -> Response:
    """The page with the form for a new token as it was sent."""
    sent = await page.form()
    return await _tokens_page(page, form={name: text_of(sent, name) for name in EMPTY})


async def revoke(page: Page) -> Response:
    """Revokes a token; its streams end."""
    await page.write(partial(tokens.revoke, token_id=page.id, now=page.now))
    log.info("token revoked", revoked=page.id, by=page.user.user_id)
    return page.redirect("/settings/tokens?done=revoked")


routes = [
    get("/settings/tokens", list_tokens, role=Role.ADMIN),
    post("/settings/tokens", add, role=Role.ADMIN, refill=refill),
    post("/settings/tokens/{id}/revoke", revoke, role=Role.ADMIN),
]
