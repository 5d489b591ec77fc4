"""Calls that we asked the carrier to place."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class DialStatus(StrEnum):
    """What became of the request. `requested` and `unknown` may ring yet; `refused` certainly does not."""

    REQUESTED = "requested"
    PLACED = "placed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class DialChannel(StrEnum):
    """How an agent made the call: by a click that rings them first, or by dialling in the browser."""

    CLICK = "click"
    SOFTPHONE = "softphone"


class DialRequest(SQLModel, table=True):
    """A call to an agent and then to `to_e164`, stored before the carrier is asked to place it, or before it
    is told to ring the number where the agent dialled that in the browser.

    `country` is that of the number (ISO), `price` what the carrier charges for all legs, once it says so, in
    millionths of its currency.

    The webhook of the agent's leg finds here whom to ring: by `carrier_sid`, or, while the carrier's
    response with the SID is on its way or was lost, by `target`, the address of the agent's leg.
    """

    __tablename__ = "dial_request"

    id: str = Field(primary_key=True, max_length=40)
    agent_id: str = Field(foreign_key="user.id", max_length=40, index=True)
    by_id: str | None = Field(default=None, foreign_key="user.id", max_length=40)
    target: str = Field(max_length=255, index=True)
    to_e164: str = Field(max_length=20)
    status: str = Field(default=DialStatus.REQUESTED, max_length=16)
    carrier_sid: str | None = Field(default=None, unique=True, max_length=64)
    created_at: datetime = Field(index=True)
    channel: str = Field(
        default=DialChannel.CLICK, max_length=12, sa_column_kwargs={"server_default": "click"}
    )
    country: str | None = Field(default=None, max_length=3)
    price: int | None = Field(default=None, sa_type=BigInteger)
