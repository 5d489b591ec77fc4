"""One call as the carrier would have told it: events for the ledger, in its words and in ours."""

import hashlib
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from callcrm.ledger.facts import PLACED, RECORDING, REQUEST, STATUS, Facts

WORDS = {
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
    """A call that grows event by event; `now` is the carrier's clock in it."""

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

    def pause(self, seconds: float) -> None:
        """Time passes."""
        self.now += timedelta(seconds=seconds)

    @property
    def passed(self) -> int:
        """Whole seconds since the call began."""
        return round((self.now - self.began).total_seconds())

    def asks(self, kind: str, step: int, *, hung_up: bool = False, **more: Any) -> None:
        """The carrier asks what to do next; `more` is what it says besides, and what was decided."""
        form = self._form(self.root, "completed" if hung_up else "in-progress" if step else "ringing")
        form |= _said(more, self._url)
        facts = Facts(
            REQUEST,
            self.root,
            received_at=self.now,
            step=step,
            direction=self.direction,
            from_=self.from_,
            to=self.to,
            hung_up=hung_up or None,
            **more,
        )
        self._keep(kind, self.root, form, facts)
        if more.get("announced"):
            self.announced = self.rows[-1]["key"]

    def leg(self, sid: str, step: int, target: str, status: str, sequence: int, **more: Any) -> None:
        """A rung phone tells how it fares."""
        form = self._form(sid, WORDS[status]) | self._progress(sequence, more.get("seconds"))
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
            **more,
        )
        self._keep("leg", sid, form, facts)

    def status(self, status: str, sequence: int = 0, seconds: int | None = None) -> None:
        """The call itself tells how it fares."""
        form = self._form(self.root, WORDS[status]) | self._progress(sequence, seconds)
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
        self._keep("status", self.root, form, facts)

    def recording(self, sid: str, kind: str, channels: int, began: datetime, seconds: int) -> None:
        """A recording is there."""
        self.now += RECORDING_DELAY
        form = {
            "AccountSid": self.account,
            "CallSid": self.root,
            "RecordingSid": sid,
            "RecordingUrl": self._url(sid),
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
        self._keep("recording", sid, form, facts)
        self.now -= RECORDING_DELAY

    def placed(self, agent: str, target: str, to: str) -> None:
        """We asked for this call."""
        facts = Facts(
            PLACED, self.root, received_at=self.now, direction="outbound", to=to, agent=agent, target=target
        )
        self._keep("placed", self.root, {"to": to, "agent": agent}, facts)

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

    def _progress(self, sequence: int, seconds: int | None) -> dict[str, str]:
        told = {"SequenceNumber": str(sequence), "Timestamp": format_datetime(self.now)}
        return told if seconds is None else told | {"CallDuration": str(seconds)}

    def _url(self, sid: str) -> str:
        return f"{self._api}/2010-04-01/Accounts/{self.account}/Recordings/{sid}"

    def _keep(self, kind: str, sid: str, form: dict[str, str], facts: Facts) -> None:
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


def _said(more: dict[str, Any], url: Any) -> dict[str, str]:
    """The carrier's words for what a request says."""
    form: dict[str, str] = {}
    if "keys" in more:
        form["Digits"] = more["keys"]
    if "dialled_leg" in more:
        form |= {"DialCallSid": more["dialled_leg"], "DialCallStatus": WORDS[more["status"]]}
        form["DialBridged"] = "true" if more["bridged"] else "false"
        if more.get("seconds"):
            form["DialCallDuration"] = str(more["seconds"])
    if "queue_seconds" in more:
        form["QueueTime"] = str(more["queue_seconds"])
    if "queue_result" in more:
        form["QueueResult"] = more["queue_result"]
    if "recording" in more:
        form |= {"RecordingSid": more["recording"], "RecordingUrl": url(more["recording"])}
        form |= {"RecordingDuration": str(more["seconds"]), "Digits": "hangup"}
    return form
