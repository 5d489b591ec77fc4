"""Calls as rows: the same fold and the same columns as if the carrier had told of them one by one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.calls.ingest import call_rows, projection
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.promises.settlement import DUE, LONGEST_CALL, NEED_A_NUMBER
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.demo.sample_data.call_shapes import Visit
from callcrm.demo.sample_data.people import Person
from callcrm.ledger.fold import CallHistory, fold
from callcrm.models import Direction, Outcome, PromiseKind, PromiseState, RecordingStatus

Row = dict[str, Any]


@dataclass
class DemoRows:
    """Rows by table, as they grow."""

    runtime: CallRuntime
    random: Random
    people: Sequence[Person]
    holders: Mapping[str, Sequence[Person]]
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def call(self, visit: Visit, tale: CallScript) -> Row:
        """Take in a call with everything that hangs on it; its row."""
        history = fold(tale.facts, tale.root)
        call = call_rows.call_id(tale.root)
        values = projection.call_values(self.runtime, tale.root, call, history)
        values |= self._customer(visit, values["phone"])
        values |= {"disposition": None, call_rows.HEARD: tale.now}
        self.tables["call"].append(values)
        self.tables["leg"] += projection.leg_values(call, history.legs)
        self.tables["carrier_event"] += tale.rows
        self._pops(call, history)
        self._recordings(call, history, visit)
        if tale.announced:
            self._consent(call, tale, history)
        if history.promise:
            self._owed(call, history, values)
        return values

    def _customer(self, visit: Visit, phone: str | None) -> Row:
        """Whose call it is: certain where the number is one customer's, else whom the agent chose."""
        holders = self.holders.get(phone or "", ())
        if len(holders) == 1:
            return {"customer_id": holders[0].id, "customer_by": "number"}
        chosen = bool(holders) and bool(visit.agent) and self.random.random() < 0.8
        return {
            "customer_id": visit.customer if chosen else None,
            "customer_by": visit.agent if chosen else None,
        }

    def _pops(self, call: str, history: CallHistory) -> None:
        if history.direction == Direction.OUTBOUND:
            return
        for leg in history.legs:
            if leg.agent and leg.dialled_at:
                sent = leg.dialled_at - timedelta(seconds=1)
                seen = sent + timedelta(milliseconds=self.random.randint(300, 1900))
                self.tables["pop"].append(
                    {
                        "id": derived_id("pop", leg.sid),
                        "call_id": call,
                        "agent_id": leg.agent,
                        "sent_at": sent,
                        "delivered_at": sent + timedelta(milliseconds=self.random.randint(20, 90)),
                        "seen_at": seen if leg.answered_at else None,
                    }
                )

    def _recordings(self, call: str, history: CallHistory, visit: Visit) -> None:
        for one in history.recordings:
            assert visit.clip
            at = one.at or history.started_at
            self.tables["recording"].append(
                {
                    "id": derived_id("rec", one.sid),
                    "call_id": call,
                    "carrier_sid": one.sid,
                    "kind": one.kind,
                    "status": RecordingStatus.STORED,
                    "duration_seconds": one.seconds,
                    "channels": one.channels,
                    "bytes": visit.clip.bytes,
                    "sha256": visit.clip.sha256,
                    "content_type": "audio/wav",
                    "path": visit.clip.path,
                    "peaks": visit.clip.peaks,
                    "created_at": at,
                    "stored_at": at + timedelta(seconds=visit.clip.seconds + 6),
                }
            )

    def _consent(self, call: str, tale: CallScript, history: CallHistory) -> None:
        at = next(one.received_at for one in tale.facts if one.announced)
        self.tables["consent"].append(
            {
                "call_id": call,
                "prompt": "recording-notice",
                "language": history.language,
                "key": tale.announced,
                "announced_at": at,
            }
        )

    def _owed(self, call: str, history: CallHistory, values: Row) -> None:
        phone, kind = history.call_back or values["phone"], str(history.promise)
        if kind in NEED_A_NUMBER and phone is None:
            return
        at = history.ended_at or history.started_at
        owner = next((one.owner for one in self.people if one.id == values["customer_id"]), None)
        self.tables["promise"].append(
            {
                "id": derived_id("prm", call),
                "kind": kind,
                "state": PromiseState.OPEN,
                "customer_id": values["customer_id"],
                "phone": phone,
                "call_id": call,
                "owner_id": owner,
                "what": None,
                "created_by": None,
                "due_at": at + DUE[PromiseKind(kind)],
                "created_at": at,
                "closed_at": None,
                "kept_by": None,
                "closed_by": None,
            }
        )


class Answered:
    """The calls that got through, to find which of them kept a promise."""

    def __init__(self, calls: Sequence[Row]) -> None:
        self._by: dict[str, list[Row]] = defaultdict(list)
        for call in calls:
            if call["outcome"] == Outcome.ANSWERED:
                for key in {call["phone"], call["customer_id"]} - {None}:
                    self._by[key].append(call)
        for calls_of_one in self._by.values():
            calls_of_one.sort(key=lambda call: (call["answered_at"], call["id"]))

    def settle(self, promise: Row) -> None:
        """Mark the promise kept by the first call after it in which somebody got through."""
        since: datetime = promise["created_at"]
        found = [
            call
            for key in {promise["phone"], promise["customer_id"]} - {None}
            for call in self._by.get(key, ())
            if call["answered_at"] > since and call["started_at"] > since - LONGEST_CALL
        ]
        if found:
            first = min(found, key=lambda call: (call["answered_at"], call["id"]))
            promise |= {"state": PromiseState.KEPT, "closed_at": first["answered_at"], "kept_by": first["id"]}

    def owner(self, promise: Row, started_at: datetime) -> str | None:
        """Who of ours last spoke with them before."""
        key = promise["customer_id"] or promise["phone"]
        before = [call for call in self._by.get(key or "", ()) if call["started_at"] < started_at]
        latest = max(before, key=lambda call: (call["started_at"], call["id"]), default=None)
        return latest["agent_id"] if latest else None
