"""One call as the carrier would have sent it: ledger events with the carrier's form and our facts."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts

CARRIER_STATUSES = {
    "initiated": "initiated",
    "ringing": "ringing",
    "in_progress": "in-progress",
    "completed": "completed",
    "busy": "busy",
    "no_answer": "no-answer",
    "canceled": "canceled",
}
DIRECTIONS = {"inbound": "inbound", "outbound": "outbound-api", "dialled": "outbound-dial"}
RECORDING_DELAY = timedelta(seconds=5)


class CallScript:
    """A call that is written event by event. `now` is the carrier's clock in it, `root` the call's SID."""

    def __init__(
        self, account: str, root: str, direction: str, from_: str, to: str, began: datetime, api: str
    ) -> None:
        self.account, self.root, self.direction = account, root, direction
        self.from_, self.to = from_, to
        self.began = self.now = began
        self.facts: list[Facts] = []
        self.rows: list[dict[str, Any]] = []
        self.announced: str | None = None  # the key of the event whose answer held the recording notice
        self._api = api

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    @property
    def elapsed(self) -> int:
        """Whole seconds since the call began."""
        return round((self.now - self.began).total_seconds())

    def request(self, kind: str, step: int, *, hung_up: bool = False, **fields: Any) -> None:
        """A call-flow request at this step of the flow; `hung_up`: the caller has hung up.

        `fields` are further facts: those the form brought, and those our flow decided.
        """
        form = self._form(self.root, "completed" if hung_up else "in-progress" if step else "ringing")
        form |= _request_params(fields, self._recording_url)
        facts = Facts(
            REQUEST,
            self.root,
            received_at=self.now,
            step=step,
            direction=self.direction,
            from_=self.from_,
            to=self.to,
            hung_up=hung_up or None,
            **fields,
        )
        self._append(kind, self.root, form, facts)
        if fields.get("announced"):
            self.announced = self.rows[-1]["key"]

    def leg_status(self, sid: str, step: int, target: str, status: str, sequence: int, **fields: Any) -> None:
        """A status callback of a dialled leg."""
        form = self._form(sid, CARRIER_STATUSES[status]) | self._progress_params(
            sequence, fields.get("seconds")
        )
        form |= {
            "ParentCallSid": self.root,
            "Direction": DIRECTIONS["dialled"],
            "From": self.from_,
            "To": target,
        }
        facts = Facts(
            STATUS,
            sid,
            parent=self.root,
            at=self.now,
            received_at=self.now,
            step=step,
            sequence=sequence,
            status=status,
            direction="dialled",
            from_=self.from_,
            to=target,
            target=target,
            **fields,
        )
        self._append("leg", sid, form, facts)

    def call_status(self, status: str, sequence: int = 0, seconds: int | None = None) -> None:
        """A status callback of the call itself."""
        form = self._form(self.root, CARRIER_STATUSES[status]) | self._progress_params(sequence, seconds)
        facts = Facts(
            STATUS,
            self.root,
            at=self.now,
            received_at=self.now,
            sequence=sequence,
            status=status,
            seconds=seconds,
            direction=self.direction,
            from_=self.from_,
            to=self.to,
        )
        self._append("status", self.root, form, facts)

    def recording(self, sid: str, kind: str, channels: int, began: datetime, seconds: int) -> None:
        """A recording callback, RECORDING_DELAY later: that does not delay the call's own events."""
        self.now += RECORDING_DELAY
        form = {
            "AccountSid": self.account,
            "CallSid": self.root,
            "RecordingSid": sid,
            "RecordingUrl": self._recording_url(sid),
            "RecordingStatus": "completed",
            "RecordingChannels": str(channels),
            "RecordingStartTime": format_datetime(began),
            "RecordingSource": "RecordVerb" if kind == "voicemail" else "DialVerb",
            "RecordingDuration": str(seconds),
        }
        facts = Facts(
            RECORDING,
            self.root,
            at=began,
            received_at=self.now,
            seconds=seconds,
            recording=sid,
            recording_kind=kind,
            recording_status="completed",
            channels=channels,
        )
        self._append("recording", sid, form, facts)
        self.now -= RECORDING_DELAY

    def placed(self, agent: str, target: str, to: str) -> None:
        """The event of our own request to place this call."""
        facts = Facts(
            PLACED, self.root, received_at=self.now, direction="outbound", to=to, agent=agent, target=target
        )
        self._append("placed", self.root, {"to": to, "agent": agent}, facts)

    def _form(self, sid: str, status: str) -> dict[str, str]:
        return {
            "CallSid": sid,
            "AccountSid": self.account,
            "From": self.from_,
            "To": self.to,
            "CallStatus": status,
            "ApiVersion": "2010-04-01",
            "Direction": DIRECTIONS[self.direction],
        }

    def _progress_params(self, sequence: int, seconds: int | None) -> dict[str, str]:
        params = {"SequenceNumber": str(sequence), "Timestamp": format_datetime(self.now)}
        return params if seconds is None else params | {"CallDuration": str(seconds)}

    def _recording_url(self, sid: str) -> str:
        return f"{self._api}/2010-04-01/Accounts/{self.account}/Recordings/{sid}"

    def _append(self, kind: str, sid: str, form: dict[str, str], facts: Facts) -> None:
        self.facts.append(facts)
        self.rows.append(
            {
                "key": hashlib.sha256(f"{self.root}:{len(self.rows)}".encode()).hexdigest(),
                "account": self.account,
                "root_sid": self.root,
                "sid": sid,
                "kind": kind,
                "at": facts.at,
                "received_at": facts.received_at,
                "data": form,
                "facts": facts.to_json(),
                "answer": None,
            }
        )


def _request_params(fields: dict[str, Any], recording_url: Callable[[str], str]) -> dict[str, str]:
    """The carrier's parameters for the facts of a request."""
    form: dict[str, str] = {}
    if "keys" in fields:
        form["Digits"] = fields["keys"]
    if "dialled_leg" in fields:
        form |= {"DialCallSid": fields["dialled_leg"], "DialCallStatus": CARRIER_STATUSES[fields["status"]]}
        form["DialBridged"] = "true" if fields["bridged"] else "false"
        if fields.get("seconds"):
            form["DialCallDuration"] = str(fields["seconds"])
    if "queue_seconds" in fields:
        form["QueueTime"] = str(fields["queue_seconds"])
    if "queue_result" in fields:
        form["QueueResult"] = fields["queue_result"]
    if "recording" in fields:
        form |= {"RecordingSid": fields["recording"], "RecordingUrl": recording_url(fields["recording"])}
        form |= {"RecordingDuration": str(fields["seconds"]), "Digits": "hangup"}
    return form
