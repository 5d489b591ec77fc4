"""Notes: what somebody wrote down about a call or a customer, kept byte for byte."""

from datetime import datetime

from sqlmodel import Session, col, select

from callcrm.base.errors import NotFound, Refused, TooLarge
from callcrm.base.ids import new_id
from callcrm.base.text import fold, is_storable
from callcrm.models import Call, Customer, Note

LONGEST = 100_000


def add_note(
    session: Session, call_id: str, *, author: str, author_id: str | None, body: str, now: datetime
) -> Note:
    """A note on a call; it goes where the call goes, when that is re-assigned."""
    _check(body)
    # The lock keeps a re-assignment from passing between this look and the insert.
    call = select(Call.id, Call.customer_id).where(col(Call.id) == call_id).with_for_update(read=True)
    found = session.exec(call).first()
    if found is None:
        raise NotFound("There is no such call.")
    return _add(session, call_id, found[1], author, author_id, body, now)


def add_customer_note(
    session: Session, customer_id: str, *, author: str, author_id: str | None, body: str, now: datetime
) -> Note:
    """A note on a customer, whatever the call."""
    _check(body)
    if session.get(Customer, customer_id) is None:
        raise NotFound("There is no such customer.")
    return _add(session, None, customer_id, author, author_id, body, now)


def _check(body: str) -> None:
    if not body.strip():
        raise Refused("A note can't be empty.", field="body")
    if len(body) > LONGEST:
        raise TooLarge("A note can have at most %(most)s characters.", field="body", most=f"{LONGEST:,}")
    if not is_storable(body):
        raise Refused("A note can't hold a NUL or half a surrogate pair.", field="body")


def _add(
    session: Session,
    call_id: str | None,
    customer_id: str | None,
    author: str,
    author_id: str | None,
    body: str,
    now: datetime,
) -> Note:
    note = Note(
        id=new_id("note"),
        call_id=call_id,
        customer_id=customer_id,
        author_id=author_id,
        author=author,
        body=body,
        search=fold(body),
        created_at=now,
        finished_at=now,
    )
    session.add(note)
    session.flush()
    return note
