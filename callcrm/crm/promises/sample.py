"""Invented promises: what lost calls left owing, and what agents said they would do."""

from datetime import datetime, timedelta
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.base.words import search_text
from callcrm.crm.promises.grouping import DUE_AFTER
from callcrm.crm.promises.settlement import KINDS_NEEDING_NUMBER, caller_of
from callcrm.crm.samples import Rows, SampleBatch, SampleCall
from callcrm.models import Outcome, PromiseKind, PromiseState

KINDS = {
    Outcome.ABANDONED: PromiseKind.MISSED,
    Outcome.VOICEMAIL: PromiseKind.VOICEMAIL,
    Outcome.CALLBACK: PromiseKind.CALLBACK,
}
Row = dict[str, Any]
OPEN_WITHIN = timedelta(days=3)  # older ones are all closed
PROMISED = {
    "en": ("Send the price list", "Ring back about the invoice", "Ask the tailor about the zip"),
    "fa": ("فرستادنِ فهرستِ قیمت‌ها", "تماس دربارهٔ صورت‌حساب", "خبر دادنِ آماده شدنِ قالیچه"),
}


def sample(batch: SampleBatch) -> Rows:
    """Promises of the batch's calls. Users decided about each, so that no rebuild changes them."""
    latest: dict[str, Row] = batch.seen.setdefault("promises by caller", {})
    rows: list[Row] = []
    for call in batch.calls:
        kind = KINDS.get(Outcome(call.outcome))
        if kind is not None and (call.phone or kind not in KINDS_NEEDING_NUMBER):
            rows.append(_owed(batch, call, kind, latest))
        elif call.outcome == Outcome.ANSWERED and call.customer and batch.random.random() < 0.03:
            due_after = timedelta(hours=24)
            row = _row(batch, call, PromiseKind.PROMISED, due_after)
            rows.append(row | _decision(batch, call, due_after, row["owner_id"]))
    return {"promise": rows}


def _owed(batch: SampleBatch, call: SampleCall, kind: PromiseKind, latest: dict[str, Row]) -> Row:
    """What a call left owing: part of the open promise to its caller, or one of its own."""
    due_after = DUE_AFTER[kind]
    caller = caller_of(call.customer.id if call.customer else None, call.phone, None)
    row = _row(batch, call, kind, due_after) | {"call_id": call.id, "caller": caller}
    before = latest.get(caller or "")
    if before and before["state"] == PromiseState.OPEN:
        return row | {"part_of": before["id"], **_decided(PromiseState.OPEN, None, None)}
    row |= _decision(batch, call, due_after, row["owner_id"])
    if before and before["closed_at"] >= call.ended_at:
        at = max(call.ended_at - timedelta(seconds=1), before["created_at"])
        before |= {"closed_at": at, "decided_at": at}
    if caller:
        latest[caller] = row
    return row


def _row(batch: SampleBatch, call: SampleCall, kind: PromiseKind, due_after: timedelta) -> Row:
    random, promised = batch.random, kind == PromiseKind.PROMISED
    owner = (call.customer.owner_id if call.customer else None) or random.choice(batch.agents)
    what = random.choice(PROMISED[call.language]) if promised else None
    return {
        "id": derived_id("prm", "promised", call.id) if promised else derived_id("prm", call.id),
        "kind": kind,
        "customer_id": call.customer.id if call.customer else None,
        "phone": call.phone,
        "caller": None,
        "part_of": None,
        "call_id": None,
        "owner_id": owner,
        "what": what,
        "search_text": search_text(what or ""),
        "created_by": owner if promised else None,
        "arranged_by": owner,
        "due_at": call.ended_at + due_after,
        "created_at": call.ended_at,
    }


def _decision(batch: SampleBatch, call: SampleCall, due_after: timedelta, owner: str) -> Row:
    """Opened again by its owner, or closed, nine in ten in time."""
    random = batch.random
    if call.phone and batch.now - call.ended_at < OPEN_WITHIN and random.random() < 0.4:
        return _decided(PromiseState.OPEN, call.ended_at, owner)
    state = PromiseState.KEPT if random.random() < 0.93 else PromiseState.DROPPED
    share = random.uniform(0.1, 0.95) if random.random() < 0.9 else random.uniform(1.1, 3)
    return _decided(state, call.ended_at + due_after * share, owner)


def _decided(state: PromiseState, at: datetime | None, by: str | None) -> Row:
    closed_at = None if state == PromiseState.OPEN else at
    return {"state": state, "closed_at": closed_at, "kept_by": None, "decided_at": at, "decided_by": by}
