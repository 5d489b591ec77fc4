"""Sample calls as database rows: folded and projected by the app's own code, as if they had been received."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from callcrm.base.ids import derived_id
from callcrm.calls.ingest import call_rows, projection
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.promises.grouping import DUE_AFTER
from callcrm.crm.promises.settlement import KINDS_NEEDING_NUMBER, caller_of
from callcrm.demo.sample_data.call_script import CallScript
from callcrm.demo.sample_data.call_shapes import PlannedCall
from callcrm.demo.sample_data.people import SampleCustomer
from callcrm.ledger.fold import FoldedCall, fold
from callcrm.models import Direction, PromiseKind, PromiseState, RecordingStatus

Row = dict[str, Any]
NOT_DECIDED: Row = dict.fromkeys(
    ("part_of", "closed_at", "kept_by", "arranged_by", "assigned_by", "decided_by", "decided_at")
)


@dataclass
class DemoRows:
    """Rows by table name, as they are added."""

    runtime: CallRuntime
    random: Random
    customers: Sequence[SampleCustomer]
    customers_by_number: Mapping[str, Sequence[SampleCustomer]]
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add_call(self, planned: PlannedCall, script: CallScript) -> Row:
        """Add a call with all rows that belong to it; its own row."""
        history = fold(script.facts, script.root)
        call_id = call_rows.call_id(script.root)
        values = projection.call_values(self.runtime, script.root, call_id, history)
        values |= self._customer_fields(planned, values["phone"])
        values |= {"disposition": None, "subject": None, call_rows.HEARD: script.now}
        self.tables["call"].append(values)
        self.tables["leg"] += projection.leg_values(call_id, history.legs)
        self.tables["carrier_event"] += script.rows
        self._add_pops(call_id, history)
        self._add_recordings(call_id, history, planned)
        if script.announced:
            self._add_consent(call_id, script, history)
        if history.promise:
            self._add_promise(call_id, history, values)
        return values

    def _customer_fields(self, planned: PlannedCall, phone: str | None) -> Row:
        """Whose call it is: by the number if it has one customer, else mostly chosen by the agent."""
        customers = self.customers_by_number.get(phone or "", ())
        if len(customers) == 1:
            return {"customer_id": customers[0].id, "identified_by": "number"}
        chosen = bool(customers) and bool(planned.agent) and self.random.random() < 0.8
        return {
            "customer_id": planned.customer_id if chosen else None,
            "identified_by": planned.agent if chosen else None,
        }

    def _add_pops(self, call_id: str, history: FoldedCall) -> None:
        if history.direction == Direction.OUTBOUND:
            return
        for leg in history.legs:
            if leg.agent and leg.dialled_at:
                sent = leg.dialled_at - timedelta(seconds=1)
                seen = sent + timedelta(milliseconds=self.random.randint(300, 1900))
                self.tables["pop"].append(
                    {
                        "id": derived_id("pop", leg.sid),
                        "call_id": call_id,
                        "agent_id": leg.agent,
                        "sent_at": sent,
                        "delivered_at": sent + timedelta(milliseconds=self.random.randint(20, 90)),
                        "seen_at": seen if leg.answered_at else None,
                    }
                )

    def _add_recordings(self, call_id: str, history: FoldedCall, planned: PlannedCall) -> None:
        for recording in history.recordings:
            assert planned.clip
            at = recording.at or history.started_at
            self.tables["recording"].append(
                {
                    "id": derived_id("rec", recording.sid),
                    "call_id": call_id,
                    "carrier_sid": recording.sid,
                    "kind": recording.kind,
                    "status": RecordingStatus.STORED,
                    "duration_seconds": recording.seconds,
                    "channels": recording.channels,
                    "bytes": planned.clip.bytes,
                    "sha256": planned.clip.sha256,
                    "content_type": "audio/wav",
                    "storage_name": planned.clip.path,
                    "peaks": planned.clip.peaks,
                    "created_at": at,
                    "stored_at": at + timedelta(seconds=planned.clip.seconds + 6),
                }
            )

    def _add_consent(self, call_id: str, script: CallScript, history: FoldedCall) -> None:
        at = next(facts.received_at for facts in script.facts if facts.announced)
        self.tables["consent"].append(
            {
                "call_id": call_id,
                "prompt": "recording-notice",
                "language": history.language,
                "event_key": script.announced,
                "announced_at": at,
            }
        )

    def _add_promise(self, call_id: str, history: FoldedCall, values: Row) -> None:
        phone, kind = history.call_back or values["phone"], str(history.promise)
        if kind in KINDS_NEEDING_NUMBER and phone is None:
            return
        at = history.ended_at or history.started_at
        customer_id = values["customer_id"]
        owners = (customer.owner for customer in self.customers if customer.id == customer_id)
        self.tables["promise"].append(
            {
                "id": derived_id("prm", call_id),
                "kind": kind,
                "state": PromiseState.OPEN,
                "customer_id": customer_id,
                "phone": phone,
                "call_id": call_id,
                "owner_id": next(owners, None),
                "what": None,
                "created_by": None,
                "due_at": at + DUE_AFTER[PromiseKind(kind)],
                "created_at": at,
                "caller": caller_of(customer_id, values["phone"], phone),
                **NOT_DECIDED,
            }
        )
