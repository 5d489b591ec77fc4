"""Invented contacts: visits and letters between the calls of a sample."""

from datetime import timedelta
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Direction
from callcrm.models.crm.contact import ContactKind

SHARE = 0.02  # of calls of known customers, after which something comes by another way
BODIES = {
    "en": (
        "Brought the rug in for cleaning.",
        "Asks in writing for the invoice of May.",
        "Came to choose a colour.",
    ),
    "fa": ("قالیچه را برای شست‌وشو آورد.", "فاکتورِ اردیبهشت را کتبی خواسته است.", "برای انتخابِ رنگ سر زد."),
}


def sample(batch: SampleBatch) -> Rows:
    """Contacts of customers who called in this batch."""
    random = batch.random
    rows = [
        _row(batch, call) for call in batch.calls if call.customer is not None and random.random() < SHARE
    ]
    return {"contact": rows}


def _row(batch: SampleBatch, call: SampleCall) -> dict[str, Any]:
    random = batch.random
    assert call.customer is not None
    at = min(call.ended_at + timedelta(hours=random.uniform(1, 60)), batch.now)
    body = random.choice(BODIES[call.language])
    return {
        "id": derived_id("con", call.id),
        "customer_id": call.customer.id,
        "kind": str(random.choice(tuple(ContactKind))),
        "direction": str(Direction.INBOUND if random.random() < 0.8 else Direction.OUTBOUND),
        "body": body,
        "search_text": search_text(body),
        "subject": None,
        "at": at,
        "created_by": random.choice(batch.agents),
        "created_at": at,
    }
