"""The sample promises as they stand: owned, joined, kept by calls, or dropped when nobody kept them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from callcrm.calls.disposition import NOT_SPOKEN_WITH, SPOKEN_WITH
from callcrm.crm.promises.callers import columns_of
from callcrm.crm.promises.conversations import Conversation
from callcrm.crm.promises.grouping import Debt, Group, grouped
from callcrm.demo.sample_data.rows import Row
from callcrm.models import Direction, Outcome, PromiseState

CLOSED_AFTER = timedelta(days=3)  # overdue: then the supervisor has dropped it
DROPPED_AFTER = timedelta(hours=20)  # after it was due


class AnsweredCalls:
    """The calls that were answered, by number and by customer."""

    def __init__(self, calls: Sequence[Row], on_file: Collection[str]) -> None:
        """`on_file` are the numbers of customers."""
        self._on_file = on_file
        self._by_key: dict[str, list[Row]] = defaultdict(list)
        for call in calls:
            if call["outcome"] == Outcome.ANSWERED:
                for key in {call["phone"], call["customer_id"]} - {None}:
                    self._by_key[key].append(call)
        for calls_of_key in self._by_key.values():
            calls_of_key.sort(key=lambda call: (call["answered_at"], call["id"]))

    def owner(self, promise: Row, started_at: datetime) -> str | None:
        """The agent who last spoke with the promise's customer before this time."""
        key = promise["customer_id"] or promise["phone"]
        before = [call for call in self._by_key.get(key or "", ()) if call["started_at"] < started_at]
        latest = max(before, key=lambda call: (call["started_at"], call["id"]), default=None)
        return latest["agent_id"] if latest else None

    def first_after(self, caller: str, since: datetime) -> Conversation | None:
        """The first conversation with the caller after this time, by the rule of the app."""
        for call in self._by_key.get(caller, ()):
            same = call["customer_id"] == caller or (
                call["customer_id"] is None and caller not in self._on_file
            )
            if same and call["answered_at"] > since and _is_conversation(call):
                return Conversation(call["answered_at"], call["id"])
        return None


def _is_conversation(call: Row) -> bool:
    if call["disposition"] in NOT_SPOKEN_WITH:
        return False
    return call["direction"] == Direction.INBOUND or call["disposition"] in SPOKEN_WITH


def settle(promises: Sequence[Row], answered: AnsweredCalls, by: str, now: datetime) -> None:
    """Sets the columns of promises that calls made; `by` drops what is long overdue."""
    by_caller: dict[str | None, list[Row]] = defaultdict(list)
    for promise in promises:
        by_caller[promise["caller"]].append(promise)
    for promise in by_caller.pop(None, ()):
        if _is_forgotten(promise["state"], promise["due_at"], now):
            _drop(promise, promise["due_at"], by)
    for caller, rows in by_caller.items():
        _settle_caller(rows, partial(answered.first_after, str(caller)), by, now)


def _settle_caller(
    rows: Sequence[Row], first_after: "partial[Conversation | None]", by: str, now: datetime
) -> None:
    by_id: Mapping[str, Row] = {row["id"]: row for row in rows}
    while True:
        groups = grouped(map(_debt, rows), first_after)
        forgotten = next(
            (group for group in groups if _is_forgotten(group.standing["state"], group.due_at, now)), None
        )
        if forgotten is None:
            break
        _drop_group(forgotten, by_id, by)
    for promise_id, columns in columns_of(groups).items():
        by_id[promise_id].update(columns)


def _debt(row: Row) -> Debt:
    return Debt(*(row[name] for name in Debt.__slots__))


def _is_forgotten(state: str, due_at: datetime, now: datetime) -> bool:
    return state == PromiseState.OPEN and due_at < now - CLOSED_AFTER


def _drop_group(group: Group, by_id: Mapping[str, Row], by: str) -> None:
    due_at = group.due_at
    for debt in group.debts:
        if debt.created_at < due_at + DROPPED_AFTER:
            _drop(by_id[debt.id], due_at, by)


def _drop(promise: Row, due_at: datetime, by: str) -> None:
    at = due_at + DROPPED_AFTER
    promise |= {"state": PromiseState.DROPPED, "closed_at": at, "decided_by": by, "decided_at": at}
