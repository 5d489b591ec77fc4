"""Invented contacts: visits and letters between the calls of a sample."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.crm.samples import Rows, SampleBatch
from callcrm.crm.subjects.sample import choose
from callcrm.models import Direction
from callcrm.models.crm.contact import ContactKind

SHARE = 0.02  # of calls of known customers, after which something comes by another way
BODIES = {
    "en": {
        ContactKind.VISIT: "Brought a duvet and looked at the price list.",
        ContactKind.LETTER: "About the bill of last month, with a copy.",
        ContactKind.EMAIL: "Sent the measures of the curtains.",
        ContactKind.CALL: "On the driver’s phone: comes a little later.",
    },
    "fa": {
        ContactKind.VISIT: "پتو را آورد و فهرست قیمت‌ها را دید.",
        ContactKind.LETTER: "دربارهٔ صورت‌حساب ماه پیش، با رونوشت.",
        ContactKind.EMAIL: "اندازهٔ پرده‌ها را فرستاد.",
        ContactKind.CALL: "با تلفن راننده: کمی دیرتر می‌آید.",
    },
}


def sample(batch: SampleBatch) -> Rows:
    """Contacts of customers who called in this batch."""
    random = batch.random
    rows = []
    for call in batch.calls:
        if call.customer is not None and random.random() < SHARE:
            at = min(call.ended_at + timedelta(hours=random.uniform(1, 60)), batch.now)
            by = random.choice(batch.agents)
            rows.append(row(random, call.id, call.customer.id, call.language, by, at))
    return {"contact": rows}


def row(
    random: Random, key: str, customer_id: str, language: str, by: str | None, at: datetime
) -> dict[str, Any]:
    """A contact of a customer; the same for the same key and chance."""
    kind = random.choice(tuple(ContactKind))
    body = BODIES[language][kind]
    return {
        "id": derived_id("con", key),
        "customer_id": customer_id,
        "kind": str(kind),
        "direction": str(Direction.INBOUND if random.random() < 0.8 else Direction.OUTBOUND),
        "body": body,
        "search_text": search_text(body),
        "subject": choose(random, 0),
        "at": at,
        "created_by": by,
        "created_at": at,
    }
