"""Invented complaints: made on calls, some open and late, most closed with a cause and what was learnt."""

from datetime import datetime, timedelta
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.text import fold_text
from callcrm.base.words import search_text
from callcrm.crm.complaints.policy import DEFAULT_CAUSES
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Outcome
from callcrm.models.crm.complaint import About, Remedy, Stage

SHARE = 0.006  # of the answered calls of known customers
STILL_OPEN = timedelta(days=6)
STEPS = (Stage.ACKNOWLEDGED, Stage.INVESTIGATING, Stage.OFFERED, Stage.FOLLOWING_UP, Stage.CLOSED)
COLUMNS = ("acknowledged_at", "investigating_at", "offered_at", "following_up_at", "closed_at")
# What went wrong with which product or service, its cause, what was done, and what was learnt.
TALES = {
    "en": (
        "Wool coat | The zip broke on the second day. | product | A new zip, free. | Pull every zip twice.",
        "Alterations | The trousers are too tight. | work | Let out again. | Measure once more.",
        "Rug, small | It came a week too late. | delivery | Refunded. | Name no day too early.",
        "Dry cleaning | The bill was too high. | bill | Paid back. | Name the whole price.",
    ),
    "fa": (
        "قالیچه | قالیچه یک هفته دیرتر از قول رسید. | delivery | هزینهٔ ارسال برگشت. | روز نگوییم تا برسد.",
        "پالتو | زیپِ پالتو روزِ دوم شکست. | product | زیپ رایگان عوض شد. | هر زیپ دو بار کشیده شود.",
        "خشک‌شویی | صورت‌حساب از قیمتِ پشتِ تلفن بیشتر بود. | bill | تفاوت برگشت. | قیمت را با همه‌چیز بگوییم.",
    ),
}
PERSON = {"en": "She hung up in the middle of a sentence.", "fa": "وسطِ حرف تلفن را قطع کرد."}


def sample(batch: SampleBatch) -> Rows:
    """Complaints made on the batch's calls."""
    rows, actions = [], []
    for call in batch.calls:
        if call.outcome == Outcome.ANSWERED and call.customer and batch.random.random() < SHARE:
            row = invent(batch, call)
            rows.append(row)
            actions.append(opening(row))
    return {"complaint": rows, "complaint_action": actions}


def opening(row: dict[str, Any]) -> dict[str, Any]:
    """Who took down this complaint."""
    return {
        "id": derived_id("cac", "opened", row["id"]),
        "complaint_id": row["id"],
        "at": row["opened_at"],
        "by": row["created_by"],
        "action": "opened",
        "data": {},
    }


def invent(batch: SampleBatch, call: SampleCall) -> dict[str, Any]:
    """A complaint made on this call, of a known customer."""
    random, customer = batch.random, call.customer
    assert customer is not None, "only calls of known customers are complained on"
    tale = random.choice(TALES[call.language])
    product, body, cause, resolution, lesson = (part.strip() for part in tale.split("|"))
    staff = random.choice(batch.agents) if len(batch.agents) > 1 and random.random() < 0.1 else None
    owner = random.choice([agent for agent in batch.agents if agent != staff])
    if staff:
        body, cause = PERSON[call.language], "behaviour"
    opened_at = call.ended_at
    return {
        "id": derived_id("cmp", call.id),
        "customer_id": customer.id,
        "call_id": call.id,
        "second": random.randrange(5, 60),
        "about": About.STAFF if staff else About.PRODUCT,
        "product": None if staff else product,
        "product_key": None if staff else fold_text(product),
        "staff_id": staff,
        "body": body,
        "search_text": search_text(body if staff else f"{body} {product}"),
        "owner_id": owner,
        "opened_at": opened_at,
        "due_at": opened_at + timedelta(days=1),
        "created_by": call.agent_id,
        "created_at": opened_at,
        **_progress(batch, opened_at, cause, resolution, lesson),
    }


def _progress(batch: SampleBatch, opened_at: datetime, cause: str, done: str, lesson: str) -> dict[str, Any]:
    """How far it is: closed after some days, unless it is young."""
    random, times, at = batch.random, dict.fromkeys(COLUMNS), opened_at
    reached = Stage.RECEIVED
    for stage, column in zip(STEPS, COLUMNS, strict=True):
        at += timedelta(hours=random.uniform(0.5, 30))
        if at >= batch.now or (batch.now - opened_at < STILL_OPEN and random.random() < 0.3):
            break
        times[column], reached = at, stage
    is_closed = reached == Stage.CLOSED
    code = cause if random.random() < 0.7 else random.choice(DEFAULT_CAUSES)
    late_from = None if is_closed else opened_at + timedelta(hours=8)
    return {
        **times,
        "stage": reached,
        "offer": random.choice(list(Remedy)) if times["offered_at"] else None,
        "resolution": done if is_closed else None,
        "root_cause": code if is_closed else None,
        "lesson": lesson if is_closed else None,
        "lesson_told": is_closed and random.random() < 0.5,
        "late_from": late_from,
        "resolution_seconds": int((at - opened_at).total_seconds() / 4) if is_closed else None,
    }
