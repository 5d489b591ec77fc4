"""The recording notice a caller heard."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class Consent(SQLModel, table=True):
    """The recording notice of a call: `prompt` in `language`, in the TwiML that answered event `event_key`.

    No recording starts in a call without one: the same document asks for both, the notice first.
    """

    call_id: str = Field(primary_key=True, foreign_key="call.id", max_length=40, ondelete="CASCADE")
    prompt: str = Field(max_length=64)
    language: str = Field(max_length=8)
    event_key: str = Field(max_length=64)
    announced_at: datetime
