"""Wrap-up: the disposition of a call, and promises given on it."""

from functools import partial

from sqlmodel import Session
from starlette.responses import JSONResponse, Response

from callcrm.base.errors import CallcrmError, Refused
from callcrm.calls import search
from callcrm.calls.disposition import CODES, set_disposition
from callcrm.crm.promises import promises
from callcrm.edge.status import status_of
from callcrm.models import Promise
from callcrm.web import error_pages
from callcrm.web.calls.call import refill_disposition
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import post


async def save_disposition(page: Page) -> Response:
    """Sets the call's disposition; an empty code clears it."""
    code = str((await page.form()).get("disposition", "")) or None
    if code is not None and code not in CODES:
        raise Refused("There is no such way for a call to end.", field="disposition")
    editing = Editing.of_form(await page.form())

    def dispose(session: Session) -> None:
        call = search.lock(session, page.id)
        stored = {"disposition": call.disposition or ""}
        saved = editing.merge({"disposition": code or ""}, stored, str(call.version))
        set_disposition(session, call, saved["disposition"] or None)

    try:
        await page.write(dispose)
    except BothChanged as both:
        return _choose(page, code or "", both.editing)
    return _done(page)


def _choose(page: Page, code: str, editing: Editing) -> Response:
    """Both dispositions: for a script of ours as JSON, else a page that has one chosen."""
    stored = editing.both["disposition"]
    if not page.request.headers.get("hx-request"):
        return page.respond("calls/both/disposition.html", 409, call_id=page.id, sent=code, editing=editing)
    message = page.render("calls/both/_disposition.html", sent=code, stored=stored).strip()
    return JSONResponse({"message": message, "stored": stored, "base": editing.base_text}, 409)


async def promise(page: Page) -> Response:
    """Gives a promise to the call's customer, owned by the agent."""
    form, owner = await page.form(), page.user.user_id
    what, (choice, day, at) = (
        str(form.get("what", "")),
        (str(form.get(name, "")) for name in ("due", "day", "at")),
    )

    def give(session: Session) -> Promise:
        call = search.call(session, page.id)
        due_at = due_times.due_at(page.locale, choice, day, at, page.now)
        return promises.give_on_call(session, call, owner_id=owner, what=what, due_at=due_at, now=page.now)

    try:
        row = await page.write(give)
    except CallcrmError as fault:
        if "text/html" in page.request.headers.get("accept", ""):
            return await promise_form(page, status_of(fault), error_pages.error_text(page.locale, fault))
        return error_pages.error_json(page, fault)
    if not page.request.headers.get("hx-request"):
        return _done(page)
    return page.respond("desk/notes/_promised.html", promise=row)


def _done(page: Page) -> Response:
    if page.request.headers.get("hx-request"):
        return Response(status_code=204)
    return page.redirect(f"/calls/{page.id}")


async def promise_form(page: Page, status: int = 200, fault: str = "") -> Response:
    """A page with the form of a promise as it was sent."""
    form = await page.form()
    call = await page.read(partial(search.call, ref=page.id))
    return page.respond(
        "desk/notes/promise.html",
        status,
        call=call,
        typed={name: str(form.get(name, "")) for name in ("what", "due", "day", "at")},
        fault=fault,
        dues=due_times.choices(page.locale, page.now),
        days=due_times.days(page.locale, page.now),
    )


routes = [
    post("/calls/{id}/disposition", save_disposition, refill=refill_disposition),
    post("/calls/{id}/promises", promise, refill=promise_form),
]
