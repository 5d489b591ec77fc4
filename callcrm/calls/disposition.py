"""The disposition of a call: what came of it, as its agent says."""

from sqlmodel import Session

from callcrm.live.call_updates import call_updated
from callcrm.models import Call

CODES = (
    "question_answered",
    "order_taken",
    "order_changed",
    "complaint_taken",
    "promise_made",
    "wrong_number",
    "nothing_needed",
    "other",
)
"""What the desk offers to choose from; a program may set any other code."""


def set_disposition(session: Session, call: Call, code: str | None) -> None:
    """Sets the call's disposition, or with None clears it, and announces the change."""
    call.disposition = code
    session.add(call)
    session.flush()
    call_updated(session, call)
