"""Notes about a call or a customer, kept byte for byte."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused, TooLarge, TooMany
from callcrm.base.ids import new_id
from callcrm.base.text import is_storable
from callcrm.base.words import search_text
from callcrm.models import Call, Customer, Note

LONGEST = 100_000
MOST_OPEN = 50
MOST_A_MINUTE = 60  # of one person
MOST_OF_A_PROGRAM = 600  # the same, of all tokens of one name


def add_note(
    session: Session, call_id: str, *, author: str, author_id: str | None, body: str, now: datetime
) -> Note:
    """Adds a note to a call; it follows the call if that gets another customer."""
    check_body(body)
    customer_id, _ = subject_of(session, call_id, None)
    return _add(session, call_id, customer_id, author, author_id, body, now)


def add_customer_note(
    session: Session, customer_id: str, *, author: str, author_id: str | None, body: str, now: datetime
) -> Note:
    """Adds a note to a customer, without a call."""
    check_body(body)
    subject_of(session, None, customer_id)
    return _add(session, None, customer_id, author, author_id, body, now)


def subject_of(
    session: Session, call_id: str | None, customer_id: str | None
) -> tuple[str | None, datetime | None]:
    """The customer that a note on this call, or else this customer, is about; and when the call began."""
    if call_id is None:
        if customer_id is None or session.get(Customer, customer_id) is None:
            raise NotFound("There is no such customer.")
        return customer_id, None
    # The lock keeps a re-assignment from passing between this look and the insert.
    call = select(Call.customer_id, Call.started_at).where(col(Call.id) == call_id)
    row = session.exec(call.with_for_update(read=True)).first()
    if row is None:
        raise NotFound("There is no such call.")
    return row[0], row[1]


def note(session: Session, note_id: str) -> Note:
    """The note with this id; NotFound."""
    row = session.get(Note, note_id)
    if row is None:
        raise NotFound("There is no such note.")
    return row


def of_call(session: Session, call_id: str) -> Sequence[Note]:
    """The call's notes, in the order they were begun."""
    its = select(Note).where(col(Note.call_id) == call_id)
    return session.exec(its.order_by(col(Note.created_at), col(Note.id))).all()


def still_open(session: Session, author_id: str) -> Sequence[Note]:
    """The user's unfinished notes, the latest first."""
    open_notes = select(Note).where(col(Note.author_id) == author_id, col(Note.finished_at).is_(None))
    return session.exec(open_notes.order_by(col(Note.created_at).desc(), col(Note.id)).limit(MOST_OPEN)).all()


def last_line(session: Session, call_id: str, author_id: str) -> str:
    """The last line that this user wrote about the call; "" where they wrote none."""
    own = select(Note.body).where(Note.call_id == call_id, Note.author_id == author_id)
    newest = own.order_by(col(Note.created_at).desc(), col(Note.id).desc()).limit(1)
    lines = (session.exec(newest).first() or "").strip().splitlines()
    return lines[-1].strip() if lines else ""


def pin(session: Session, note_id: str, *, by: str | None, now: datetime) -> Note:
    """Pins the note to its customer's card; `by` is the user's name, None to unpin."""
    row = note(session, note_id)
    if (row.pinned_at is None) != (by is None):
        row.pinned_at, row.pinned_by = (now, by) if by is not None else (None, None)
        session.flush()
    return row


def check_text(body: str) -> None:
    """Refused for a text that a note can't hold."""
    if len(body) > LONGEST:
        raise TooLarge("A note can have at most %(most)s characters.", field="body", most=LONGEST)
    if not is_storable(body):
        raise Refused("A note can't hold a NUL or half a surrogate pair.", field="body")


def check_body(body: str) -> None:
    """Refused for a text that is empty, or that a note can't hold."""
    if not body.strip():
        raise Refused("A note can't be empty.", field="body")
    check_text(body)


def check_rate(session: Session, author: str, author_id: str | None, now: datetime) -> None:
    """TooMany for an author who has begun or finished as many notes within a minute as anybody may."""
    since = now - timedelta(minutes=1)
    writing = and_(col(Note.finished_at).is_(None), col(Note.updated_at) > since)
    by_author = and_(col(Note.author_id) == author_id, col(Note.author) == author)
    recent = select(func.count()).where(by_author, or_(col(Note.finished_at) > since, writing))
    if session.exec(recent).one() >= (MOST_A_MINUTE if author_id else MOST_OF_A_PROGRAM):
        raise TooMany("too many notes in a minute: wait a little")


def _add(
    session: Session,
    call_id: str | None,
    customer_id: str | None,
    author: str,
    author_id: str | None,
    body: str,
    now: datetime,
) -> Note:
    check_rate(session, author, author_id, now)
    made = Note(
        id=new_id("note", now),
        call_id=call_id,
        customer_id=customer_id,
        author_id=author_id,
        author=author,
        body=body,
        search_text=search_text(body),
        created_at=now,
        finished_at=now,
    )
    session.add(made)
    session.flush()
    return made
