"""Invented promises: what lost calls left owing, and what agents said they would do."""

from datetime import timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.text import fold_text
from callcrm.crm.promises.settlement import DUE_AFTER, KINDS_NEEDING_NUMBER
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Outcome, PromiseKind, PromiseState

KINDS = {
    Outcome.ABANDONED: PromiseKind.MISSED,
    Outcome.VOICEMAIL: PromiseKind.VOICEMAIL,
    Outcome.CALLBACK: PromiseKind.CALLBACK,
}
OPEN_WITHIN = timedelta(days=3)  # older ones are all closed
PROMISED = {
    "en": ("Send the price list", "Ring back about the invoice", "Ask the tailor about the zip"),
    "fa": ("فرستادنِ فهرستِ قیمت‌ها", "تماس دربارهٔ صورت‌حساب", "خبر دادنِ آماده شدنِ قالیچه"),
}


def sample(batch: SampleBatch) -> Rows:
    """Promises of the batch's calls. Users closed or arranged each, so that no rebuild changes them."""
    rows: list[dict[str, Any]] = []
    open_for: set[str] = set()
    for call in batch.calls:
        kind = KINDS.get(Outcome(call.outcome))
        if kind is not None and (call.phone or kind not in KINDS_NEEDING_NUMBER):
            rows.append(_promise(batch, call, kind, open_for))
        elif call.outcome == Outcome.ANSWERED and call.customer and batch.random.random() < 0.03:
            rows.append(_promise(batch, call, PromiseKind.PROMISED, open_for))
    return {"promise": rows}


def _promise(batch: SampleBatch, call: SampleCall, kind: PromiseKind, open_for: set[str]) -> dict[str, Any]:
    random, promised = batch.random, kind == PromiseKind.PROMISED
    owner = (call.customer.owner_id if call.customer else None) or random.choice(batch.agents)
    what = random.choice(PROMISED[call.language]) if promised else None
    due_after = timedelta(hours=24) if promised else DUE_AFTER[kind]
    row = {
        "id": derived_id("prm", "promised", call.id) if promised else derived_id("prm", call.id),
        "kind": kind,
        "customer_id": call.customer.id if call.customer else None,
        "phone": call.phone,
        "call_id": None if promised else call.id,
        "owner_id": owner,
        "what": what,
        "search_text": fold_text(what or ""),
        "created_by": owner if promised else None,
        "arranged_by": owner,
        "due_at": call.ended_at + due_after,
        "created_at": call.ended_at,
    }
    recent = batch.now - call.ended_at < OPEN_WITHIN
    if recent and call.phone and call.phone not in open_for and random.random() < 0.4:
        open_for.add(call.phone)
        return row | _closing(PromiseState.OPEN, None, None)
    return row | _closed(random, call, due_after, owner)


def _closed(random: Random, call: SampleCall, due_after: timedelta, owner: str) -> dict[str, Any]:
    """Closed by its owner, nine in ten in time."""
    state = PromiseState.KEPT if random.random() < 0.93 else PromiseState.DROPPED
    share = random.uniform(0.1, 0.95) if random.random() < 0.9 else random.uniform(1.1, 3)
    return _closing(state, call.ended_at + due_after * share, owner)


def _closing(state: PromiseState, at: Any, by: str | None) -> dict[str, Any]:
    return {"state": state, "closed_at": at, "closed_by": by, "kept_by": None}
