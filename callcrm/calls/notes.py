"""Notes on a call, as the screens concerned hear of them."""

from datetime import datetime

from sqlmodel import Session

from callcrm.agents.tokens import Principal
from callcrm.calls.tell import updated
from callcrm.customers.notes import add_note
from callcrm.models import Call, Note


def add(session: Session, call: Call, author: Principal, body: str, now: datetime) -> Note:
    """The note, on the call and with whichever customer the call is."""
    note = add_note(session, call.id, author=author.name, author_id=author.user_id, body=body, now=now)
    updated(session, call)
    return note
