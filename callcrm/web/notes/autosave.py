"""Saving a note while it is typed: the body of the request is its text, the query everything else."""

from datetime import timedelta
from functools import partial
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcrm.base.errors import CallcrmError, Refused
from callcrm.base.text import storable
from callcrm.i18n.locale import Locale, iso
from callcrm.notes import call_notes
from callcrm.notes.drafts import Draft, Edited, Saved
from callcrm.web import error_pages
from callcrm.web.notes.notes import note_origin
from callcrm.web.page import Page
from callcrm.web.routes import put

MAX_COUNT, MAX_DIGITS = 2**31 - 1, 10


async def save(page: Page) -> Response:
    """Saves the note; 409 with the stored text if somebody else saved it meanwhile."""
    try:
        decoded = (await page.request.body()).decode(errors="replace")
        draft = _draft(page.request, storable(decoded))
        verb = partial(_save, note_id=page.id, draft=draft, page=page)
        return JSONResponse(await page.write(verb))
    except Edited as other:
        stands = {"body": other.body, "version": other.version, "at": iso(other.at)}
        return JSONResponse(stands | {"message": error_pages.error_text(page.locale, other)}, 409)
    except CallcrmError as fault:
        return error_pages.error_json(page, fault)


def _draft(request: Request, body: str) -> Draft:
    query = request.query_params
    return Draft(
        body=body,
        client_id=query.get("client_id", ""),
        edit_seq=_count(request, "edit_seq"),
        version=_count(request, "version"),
        age=timedelta(milliseconds=_count(request, "age_ms")),
        call_id=query.get("call"),
        customer_id=query.get("customer"),
        finish=query.get("finish") == "yes",
    )


def _count(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    digits = text if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else ""
    if not digits or int(digits) > MAX_COUNT:
        raise Refused("This is not a number we count with.", field=name)
    return int(digits)


def _save(session: Session, note_id: str, draft: Draft, page: Page) -> dict[str, Any]:
    saved = call_notes.save(session, note_id, draft, page.user.principal, page.now)
    return {"at": iso(page.now)} | _result(session, saved, page.locale)


def _result(session: Session, saved: Saved, locale: Locale) -> dict[str, Any]:
    note = saved.note
    if note is None:
        return {"version": 0}
    offset = (
        locale.duration((note.created_at - since).total_seconds())
        if (since := note_origin(session, note))
        else ""
    )
    superseded = {"body": note.body} if saved.superseded else {}
    return {"version": note.version, "offset": offset, **superseded}


routes = [put("/notes/{id}", save)]
