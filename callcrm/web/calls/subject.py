"""What a call was about, chosen beside its note or on its page."""

from sqlmodel import Session
from starlette.responses import JSONResponse, Response

from callcrm.calls import search
from callcrm.crm.subjects import subjects
from callcrm.web.calls.call import refill_subject
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import post


async def save(page: Page) -> Response:
    """Sets the call's subject; an empty code clears it."""
    form = await page.form()
    code, editing = str(form.get("subject", "")), Editing.of_form(form)

    def verb(session: Session) -> None:
        call = search.lock(session, page.id)
        saved = editing.merge({"subject": code}, {"subject": call.subject or ""}, str(call.version))
        subjects.set_on_call(session, call, saved["subject"] or None)

    try:
        await page.write(verb)
    except BothChanged as both:
        return await _choose(page, code, both.editing)
    if page.request.headers.get("hx-request"):
        return Response(status_code=204)
    return page.redirect(f"/calls/{page.id}")


async def _choose(page: Page, code: str, editing: Editing) -> Response:
    """Both subjects: for a script of ours as JSON, else a page that has one chosen."""
    tree = await page.read(subjects.tree)
    stored = editing.both["subject"]
    names = {key: tree.name(key) or page.locale._("Not said") for key in (code, stored)}
    if not page.request.headers.get("hx-request"):
        return page.respond(
            "calls/both/subject.html", 409, call_id=page.id, sent=code, editing=editing, names=names
        )
    message = page.render("calls/both/_subject.html", sent=names[code], stored=names[stored]).strip()
    return JSONResponse({"message": message, "stored": stored, "base": editing.base_text}, 409)


routes = [post("/calls/{id}/subject", save, refill=refill_subject)]
