"""Notes as parts of pages: shown, edited, finished, pinned."""

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
    """The time that a note's offset counts from: the call's answer, else its beginning."""
    call = session.get(Call, note.call_id) if note.call_id else None
    return (call.answered_at or call.started_at) if call else None


async def show(page: Page) -> Response:
    """The note."""
    return await _render(page, partial(notes.note, note_id=page.id))


async def edit(page: Page) -> Response:
    """The note as an editable field, for its author; Forbidden for others."""
    note = await page.read(partial(notes.note, note_id=page.id))
    if note.author_id != page.user.user_id:
        raise Forbidden("Only who wrote a note may change it.")
    return page.respond("notes/_edit.html", note=note, offset=_wants_offset(page))


async def finish(page: Page) -> Response:
    """Finishes the note."""
    return await _render(
        page, partial(call_notes.finish, note_id=page.id, author=page.user.principal, now=page.now)
    )


async def pin(page: Page) -> Response:
    """Pins the note to its customer's card."""
    return await _render(page, partial(call_notes.pin, note_id=page.id, by=page.user.name, now=page.now))


async def unpin(page: Page) -> Response:
    """Unpins the note."""
    return await _render(page, partial(call_notes.pin, note_id=page.id, by=None, now=page.now))


async def add(page: Page) -> Response:
    """Adds a note on a customer."""
    body = str((await page.form()).get("body", ""))
    author = page.user
    verb = partial(
        notes.add_customer_note,
        customer_id=page.id,
        author=author.name,
        author_id=author.user_id,
        body=body,
        now=page.now,
    )
    if page.request.headers.get("hx-request"):
        return await _render(page, verb)
    await page.write(verb)
    return page.redirect(f"/customers/{page.id}")


async def refill(page: Page) -> Response:
    """A page with a note on a customer as it was sent."""
    body = str((await page.form()).get("body", ""))
    return page.respond("notes/new.html", customer_id=page.id, body=body)


async def _render(page: Page, verb: Callable[[Session], Note]) -> Response:
    def both(session: Session) -> tuple[Note, datetime | None]:
        note = verb(session)
        return note, note_origin(session, note)

    act = page.read if page.request.method == "GET" else page.write
    note, since = await act(both)
    if page.request.method != "GET" and not page.request.headers.get("hx-request"):
        return page.redirect(f"/calls/{note.call_id}" if note.call_id else f"/customers/{note.customer_id}")
    return page.respond("notes/_note.html", note=note, since=since if _wants_offset(page) else None)


def _wants_offset(page: Page) -> bool:
    return page.request.query_params.get("offset") == "yes"


routes = [
    get("/notes/{id}", show),
    get("/notes/{id}/edit", edit),
    post("/notes/{id}/finish", finish),
    post("/notes/{id}/pin", pin),
    post("/notes/{id}/unpin", unpin),
    post("/customers/{id}/notes", add, refill=refill),
]
