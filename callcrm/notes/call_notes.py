"""Notes on calls, announced to the screens concerned when they begin, end or are pinned: not on each save."""

from datetime import datetime

from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.live.call_updates import call_updated
from callcrm.models import Call, Note
from callcrm.notes import drafts, notes
from callcrm.notes.drafts import Draft, Saved


def add(session: Session, call: Call, author: Principal, body: str, now: datetime) -> Note:
    """Adds a finished note to the call, and to the customer the call is with."""
    note = notes.add_note(session, call.id, author=author.name, author_id=author.user_id, body=body, now=now)
    call_updated(session, call)
    return note


def save(session: Session, note_id: str, draft: Draft, author: Principal, now: datetime) -> Saved:
    """Saves the note as typed so far; announced when it begins, is finished, or is emptied."""
    saved = drafts.save(session, note_id, draft, author, now)
    _tell(session, saved.tell)
    return saved


def edit(session: Session, note_id: str, body: str, author: Principal, now: datetime) -> Note:
    """The note with another text; Forbidden for any but its author."""
    note = drafts.edit(session, note_id, body, author, now)
    _tell(session, note.call_id)
    return note


def finish(session: Session, note_id: str, author: Principal, now: datetime) -> Note:
    """Finishes the note."""
    note = drafts.finish(session, note_id, author, now)
    _tell(session, note.call_id)
    return note


def pin(session: Session, note_id: str, by: str | None, now: datetime) -> Note:
    """Pins the note to its customer's card; `by` is the user's name, None to unpin."""
    note = notes.pin(session, note_id, by=by, now=now)
    _tell(session, note.call_id)
    return note


def _tell(session: Session, call_id: str | None) -> None:
    call = session.get(Call, call_id) if call_id else None
    if call is not None:
        call_updated(session, call)
