"""What came of a call, as people say."""

from sqlmodel import Session

from callcrm.calls.tell import updated
from callcrm.models import Call


def set_disposition(session: Session, call: Call, code: str | None) -> None:
    """The call ended with this disposition, or with none after all."""
    call.disposition = code
    session.add(call)
    session.flush()
    updated(session, call)
