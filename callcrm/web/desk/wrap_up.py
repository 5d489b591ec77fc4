"""How a call ended, and what was promised in it."""

from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents.sessions import SignedIn
from callcrm.base.errors import CallcrmError, Refused
from callcrm.base.text import one_line
from callcrm.calls import search
from callcrm.calls.disposition import CODES, set_disposition
from callcrm.calls.publish import updated
from callcrm.crm.promises import promises
from callcrm.models import Promise
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import post

LONGEST_PROMISE = 500


async def dispose(page: Page) -> Response:
    """The call ended so; an empty code takes that back."""
    code = str((await page.form()).get("disposition", "")) or None
    if code is not None and code not in CODES:
        raise Refused("There is no such way for a call to end.", field="disposition")
    await page.write(partial(_dispose, call_id=page.id, code=code))
    return _done(page)


def _dispose(session: Session, call_id: str, code: str | None) -> None:
    set_disposition(session, search.call(session, call_id), code)


async def promise(page: Page) -> Response:
    """Something promised to whom the call is with, to be kept by whoever promised it."""
    try:
        what, due_at = await _promised(page)
        act = partial(_owe, call_id=page.id, user=page.user, what=what, due_at=due_at, now=page.now)
        made = await page.write(act)
    except CallcrmError as fault:
        return error_pages.in_json(page, fault)
    if not page.request.headers.get("hx-request"):
        return _done(page)
    return page.show("desk/notes/_promised.html", promise=made)


async def _promised(page: Page) -> tuple[str, datetime]:
    form = await page.form()
    what = one_line(str(form.get("what", "")))
    if not what:
        raise Refused("Say what was promised.", field="what")
    if len(what) > LONGEST_PROMISE:
        raise Refused("Say it in fewer words; the rest can stand in a note.", field="what")
    choice, day, at = (str(form.get(name, "")) for name in ("due", "day", "at"))
    return what, due_times.moment(page.locale, choice, day, at, page.now)


def _owe(
    session: Session, call_id: str, user: SignedIn, what: str, due_at: datetime, now: datetime
) -> Promise:
    call = search.call(session, call_id)
    made = promises.owe(
        session,
        customer_id=call.customer_id,
        phone=call.phone,
        owner_id=user.user_id,
        due_at=due_at,
        now=now,
        what=what,
        created_by=user.user_id,
    )
    updated(session, call)
    return made


def _done(page: Page) -> Response:
    if page.request.headers.get("hx-request"):
        return Response(status_code=204)
    return page.go(f"/calls/{page.id}")


routes = [post("/calls/{id}/disposition", dispose), post("/calls/{id}/promises", promise)]
