"""The row of an invented message."""

from datetime import datetime
from random import Random
from typing import Any

from callcrm.base.words import search_text
from callcrm.carrier.messages import STATUS_RANKS


def message_row(
    random: Random,
    *,
    key: str,
    direction: str,
    body: str,
    ours: str,
    number: str,
    customer_id: str,
    owner_id: str | None,
    at: datetime,
    answered: bool,
) -> dict[str, Any]:
    """An SMS between our number and a customer's; `answered` counts for an incoming one alone."""
    inbound = direction == "inbound"
    status = "received" if inbound else "delivered"
    return {
        "id": key,
        "carrier_sid": f"SM{random.getrandbits(128):032x}",
        "direction": direction,
        "channel": "sms",
        "from_raw": number if inbound else ours,
        "to_raw": ours if inbound else number,
        "phone": number,
        "party": number,
        "body": body,
        "details": {},
        "search_text": search_text(f"{body} {number}"),
        "status": status,
        "status_rank": STATUS_RANKS[status],
        "customer_id": customer_id,
        "author_id": None if inbound else owner_id,
        "created_at": at,
        "received_at": at,
        "answered_at": at if inbound and answered else None,
        "answered_by": owner_id if inbound and answered else None,
    }
