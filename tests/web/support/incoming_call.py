"""An incoming call, as the carrier's webhooks report it step by step."""

from dataclasses import dataclass, field
from email.utils import format_datetime
from itertools import count
from typing import Any

from tests.posts import inbound
from tests.running_app import Document, RunningApp

_numbers = count(1)
HTMX = {"HX-Request": "true"}
STATUS = "/webhooks/twilio/status"


@dataclass
class IncomingCall:
    """One call. `dial` is the TwiML that rings an agent, once one is rung; `legs_rung` counts the legs."""

    app: RunningApp
    caller: str = "+12025550134"
    target: str = "+12025550101"
    sid: str = field(default_factory=lambda: f"CA{next(_numbers):032x}")
    dial: Document | None = None
    legs_rung: int = 0

    def through_menus(self, language: str = "1", key: str = "1") -> "IncomingCall":
        """The same call, gone through both menus to an available agent or into the queue."""
        menu = self.app.rings(self.sid, self.caller)
        for digit in (language, key):
            menu = self.app.twiml(menu.path("Gather"), self._fields(Digits=digit))
        self._keep_dial(menu)
        return self

    def _keep_dial(self, document: Document) -> None:
        self.dial = document if "Dial" in document.verbs else None

    @property
    def id(self) -> str:
        """Our id of the call."""
        return str(self.app.get(f"/calls/{self.sid}")["id"])

    def ring(self) -> None:
        """The agent's phone begins to ring."""
        self.legs_rung += 1
        self._report_leg("ringing")

    def pick_up(self) -> None:
        """The agent speaks with the caller."""
        self._report_leg("in-progress")

    def fail_leg(self, status: str = "busy") -> None:
        """The agent's leg ends with this status unanswered, and the next agent is rung."""
        self._report_leg(status)
        assert self.dial is not None
        ended = self._fields(DialCallStatus=status, DialCallSid=self._leg_sid)
        self._keep_dial(self.app.twiml(self.dial.path("Dial"), ended))

    def end_leg(self, seconds: int) -> None:
        """The agent's phone hangs up after so many seconds."""
        self._report_leg("completed", CallDuration=str(seconds), SequenceNumber="3")

    def agent_hangs_up(self, seconds: int, **more: str) -> Document:
        """The agent hangs up first; what the caller, who is still on the line, hears then."""
        self.end_leg(seconds)
        return self.dial_ended(DialCallStatus="completed", DialCallDuration=str(seconds), **more)

    def dial_ended(self, **more: str) -> Document:
        """Ringing or talking is over; what the caller hears then."""
        assert self.dial is not None
        fields = {"DialCallSid": self._leg_sid, "DialBridged": "true", **more}
        return self.twiml(self.dial.path("Dial"), **fields)

    def twiml(self, path: str, **more: str) -> Document:
        """A call-flow request of this call; what the caller hears then."""
        document = self.app.twiml(path, self._fields(**more))
        if "Dial" in document.verbs:
            self.dial = document
        return document

    def hang_up(self, seconds: int = 60) -> None:
        """The call ends after so many seconds."""
        ended = self._fields(CallStatus="completed", CallDuration=str(seconds), Timestamp=self._now)
        assert self.app.post(STATUS, ended).status_code == 204

    @property
    def _leg_sid(self) -> str:
        return f"{self.sid[:2]}leg{self.legs_rung}{self.sid[6:]}"

    def _report_leg(self, status: str, **more: str) -> None:
        assert self.dial is not None
        tag = "Client" if self.dial.root.find(".//Client") is not None else "Number"
        leg = {"CallSid": self._leg_sid, "ParentCallSid": self.sid, "CallStatus": status}
        fields = inbound(self.sid, self.caller) | leg | {"Direction": "outbound-dial", "To": self.target}
        callback = {"Timestamp": self._now, "SequenceNumber": "1", "AnsweredBy": "human"}
        path = self.dial.path(tag, "statusCallback")
        assert self.app.post(path, fields | callback | more).status_code == 204

    def _fields(self, **more: Any) -> dict[str, str]:
        return inbound(self.sid, self.caller) | {"CallStatus": "in-progress"} | more

    @property
    def _now(self) -> str:
        return format_datetime(self.app.services.clock.now())
