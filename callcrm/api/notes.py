"""Endpoints of notes: fetched, and changed by who wrote them."""

from functools import partial

from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.parse import Body, Prose
from callcrm.notes import call_notes, drafts, notes
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


@endpoints.get("/notes/{id}")
async def get_note(context: ApiContext) -> shapes.Note:
    """A note."""
    return await context.read(lambda session: render.note(notes.note(session, context.id)))


class NotePatch(Body):
    """Another text for a note; it is kept byte for byte."""

    body: Prose


@endpoints.patch("/notes/{id}")
async def patch_note(context: ApiContext, body: NotePatch) -> shapes.Note:
    """A note, changed by the user who wrote it."""

    def verb(session: Session) -> shapes.Note:
        present = drafts.lock(session, context.id, context.principal)
        context.check_version(present, partial(render.note, present))
        return render.note(call_notes.edit(session, context.id, body.body, context.principal, context.now))

    return await context.write(verb)
