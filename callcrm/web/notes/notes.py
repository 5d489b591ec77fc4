"""Notes as parts of any page: shown, finished, pinned, changed by whoever wrote them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Forbidden
from callcrm.models import Call, Note
from callcrm.notes import call_notes, notes
from callcrm.web.page import Page
from callcrm.web.routes import get, post


def note_origin(session: Session, note: Note) -> datetime | None:
    """What the seconds of a note on a call are counted from: the answer, if there was one."""
    call = session.get(Call, note.call_id) if note.call_id else None
    return (call.answered_at or call.started_at) if call else None


async def show(page: Page) -> Response:
    """The note, as a part."""
    return await _render(page, partial(notes.note, note_id=page.id))


async def edit(page: Page) -> Response:
    """The note as a field to write in, for whoever wrote it."""
    note = await page.read(partial(notes.note, note_id=page.id))
    if note.author_id != page.user.user_id:
        raise Forbidden("Only who wrote a note may change it.")
    return page.show("notes/_edit.html", note=note, offset=_wants_offset(page))


async def finish(page: Page) -> Response:
    """The note, written to its end."""
    return await _render(
        page, partial(call_notes.finish, note_id=page.id, author=page.user.principal, now=page.now)
    )


async def pin(page: Page) -> Response:
    """The note, on its customer's card from now on."""
    return await _render(page, partial(call_notes.pin, note_id=page.id, by=page.user.name, now=page.now))


async def unpin(page: Page) -> Response:
    """The note, no longer on its customer's card."""
    return await _render(page, partial(call_notes.pin, note_id=page.id, by=None, now=page.now))


async def add(page: Page) -> Response:
    """A note on a customer, written in one go."""
    body = str((await page.form()).get("body", ""))
    who = page.user
    verb = partial(
        notes.add_customer_note,
        customer_id=page.id,
        author=who.name,
        author_id=who.user_id,
        body=body,
        now=page.now,
    )
    if page.request.headers.get("hx-request"):
        return await _render(page, verb)
    await page.write(verb)
    return page.redirect(f"/customers/{page.id}")


async def _render(page: Page, verb: Callable[[Session], Note]) -> Response:
    def both(session: Session) -> tuple[Note, datetime | None]:
        note = verb(session)
        return note, note_origin(session, note)

    act = page.read if page.request.method == "GET" else page.write
    note, since = await act(both)
    if page.request.method != "GET" and not page.request.headers.get("hx-request"):
        return page.redirect(f"/calls/{note.call_id}" if note.call_id else f"/customers/{note.customer_id}")
    return page.show("notes/_note.html", note=note, since=since if _wants_offset(page) else None)


def _wants_offset(page: Page) -> bool:
    return page.request.query_params.get("offset") == "yes"


routes = [
    get("/notes/{id}", show),
    get("/notes/{id}/edit", edit),
    post("/notes/{id}/finish", finish),
    post("/notes/{id}/pin", pin),
    post("/notes/{id}/unpin", unpin),
    post("/customers/{id}/notes", add),
]
