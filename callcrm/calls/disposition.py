"""What came of a call, as people say."""

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
    """The call ended with this disposition, or with none after all."""
    call.disposition = code
    session.add(call)
    session.flush()
    call_updated(session, call)
