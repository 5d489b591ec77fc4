"""Notes being written: saved while they are typed, and finished in the end.

The page that writes makes the note's id and says with each save which version it continues from. Two authors
never overwrite each other: the later save gets the stored text. A page recognises its own saves by its
`client_id` and a count of its changes (`edit_seq`), even if it never got the response.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlmodel import Session

from callcrm.base.errors import Conflict, Forbidden, NotFound, Refused
from callcrm.base.ids import ALPHABET
from callcrm.base.words import search_text
from callcrm.models import Note
from callcrm.models.versions import locked
from callcrm.notes.notes import check_body, check_rate, check_text, subject_of
from callcrm.store.upsert import insert_if_absent

ID = re.compile(f"note_[{ALPHABET}]{{25}}")
CLIENT_ID = re.compile(f"[{ALPHABET}]{{1,40}}")
LONGEST_AGE = timedelta(days=7)  # a browser may have kept a note over a long week-end


class Author(Protocol):
    """Who writes."""

    @property
    def user_id(self) -> str | None: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A note as a page has it: its text, its age, and the version it continues from (0 for a new note)."""

    body: str
    client_id: str
    edit_seq: int
    version: int = 0
    age: timedelta = timedelta(0)
    call_id: str | None = None
    customer_id: str | None = None
    finish: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a save. `note` is None once its text was emptied; `tell` is the call whose other screens
    should be told now; `superseded`: a later save of the same page came first, and stands.
    """

    note: Note | None
    tell: str | None = None
    superseded: bool = False


class Edited(Conflict):
    """Somebody else saved the note meanwhile; with the stored text."""

    def __init__(self, note: Note) -> None:
        super().__init__("This note was changed elsewhere meanwhile.", field="version")
        self.body, self.version, self.at = note.body, note.version, note.updated_at or note.created_at


def save(session: Session, note_id: str, draft: Draft, author: Author, now: datetime) -> Saved:
    """The note with this text; Edited if that would overwrite another's text."""
    _check(note_id, draft)
    if draft.body.strip() and session.get(Note, note_id) is None:
        begun = _begin(session, note_id, draft, author, now)
        if begun is not None:
            return Saved(begun, tell=begun.call_id)
    note = _own_note(session, note_id, author)
    return Saved(None) if note is None else _again(session, note, draft, now)


def _check(note_id: str, draft: Draft) -> None:
    if not ID.fullmatch(note_id):
        raise Refused("This is no id of a note.", field="id")
    if not CLIENT_ID.fullmatch(draft.client_id):
        raise Refused("This is no page of ours.", field="client_id")
    check_text(draft.body)


def _begin(session: Session, note_id: str, draft: Draft, author: Author, now: datetime) -> Note | None:
    """The new note; None if another save of it came first."""
    customer_id, since = subject_of(session, draft.call_id, draft.customer_id)
    check_rate(session, author.name, author.user_id, now)
    made = insert_if_absent(
        session,
        Note,
        "id",
        id=note_id,
        call_id=draft.call_id,
        customer_id=customer_id,
        author_id=author.user_id,
        author=author.name,
        body=draft.body,
        search_text=search_text(draft.body),
        created_at=_begun_at(draft.age, since, now),
        updated_at=now,
        finished_at=now if draft.finish else None,
        version=1,
        client_id=draft.client_id,
        edit_seq=draft.edit_seq,
    )
    return session.get_one(Note, note_id) if made else None


def _begun_at(age: timedelta, since: datetime | None, now: datetime) -> datetime:
    begun = now - min(max(age, timedelta(0)), LONGEST_AGE)
    return max(begun, min(since, now)) if since else begun


def _own_note(session: Session, note_id: str, author: Author) -> Note | None:
    note = locked(session, Note, note_id)
    if note is not None and (author.user_id is None or note.author_id != author.user_id):
        raise Forbidden("Only who wrote a note may change it.")
    return note


def _again(session: Session, note: Note, draft: Draft, now: datetime) -> Saved:
    own = note.client_id == draft.client_id
    if own and note.edit_seq > draft.edit_seq:
        return Saved(note, superseded=True)
    if note.body != draft.body:
        if note.version != draft.version and not own:
            raise Edited(note)
        if not draft.body.strip():
            return _emptied(session, note)
        note.body, note.search_text, note.updated_at = draft.body, search_text(draft.body), now
    note.client_id, note.edit_seq = draft.client_id, draft.edit_seq
    done = draft.finish and note.finished_at is None
    if done:
        note.finished_at = now
    session.flush()
    return Saved(note, tell=note.call_id if done else None)


def _emptied(session: Session, note: Note) -> Saved:
    if note.finished_at is not None:
        raise Refused("A note can't be empty.", field="body")
    session.delete(note)
    session.flush()
    return Saved(None, tell=note.call_id)


def edit(session: Session, note_id: str, body: str, author: Author, now: datetime) -> Note:
    """The note with another text; Forbidden for any but its author."""
    check_body(body)
    note = lock(session, note_id, author)
    if note.body != body:
        # No page wrote this: each that has the note open is to see that it is another's text.
        note.body, note.search_text, note.updated_at, note.client_id = body, search_text(body), now, None
        session.flush()
    return note


def lock(session: Session, note_id: str, author: Author) -> Note:
    """The author's note as it is now, locked until the commit; NotFound, Forbidden for any but its author."""
    note = _own_note(session, note_id, author)
    if note is None:
        raise NotFound("There is no such note.")
    return note


def finish(session: Session, note_id: str, author: Author, now: datetime) -> Note:
    """Finishes the note; doing so again changes nothing."""
    note = lock(session, note_id, author)
    if note.finished_at is None:
        note.finished_at = now
    session.flush()
    return note
