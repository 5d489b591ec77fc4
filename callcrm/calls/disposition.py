"""The disposition of a call: what came of it, as its agent says."""

from sqlmodel import Session

from callcrm.calls.call_ended import enqueue_call_ended
from callcrm.live.call_updates import call_updated
from callcrm.models import Call, CallState
from callcrm.store.store import now

CODES = (
    "question_answered",
    "order_taken",
    "order_changed",
    "complaint_taken",
    "promise_made",
    "wrong_number",
    "mailbox",
    "nothing_needed",
    "other",
)
"""What the desk offers to choose from; a program may set any other code."""

# What each says of whether the customer was spoken with; any other code leaves it open.
SPOKEN_WITH = (
    "question_answered",
    "order_taken",
    "order_changed",
    "complaint_taken",
    "promise_made",
    "nothing_needed",
)
NOT_SPOKEN_WITH = ("wrong_number", "mailbox")


def set_disposition(session: Session, call: Call, code: str | None) -> None:
    """Sets the call's disposition, or with None clears it, and announces the change.

    What it says of an ended call may keep a promise, or show that it was not kept.
    """
    call.disposition = code
    session.add(call)
    session.flush()
    if call.state == CallState.ENDED:
        at = now(session)
        enqueue_call_ended(session, call.id, f"disposition {code} {at.isoformat()}", at)
    call_updated(session, call)
