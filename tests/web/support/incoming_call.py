"""A call that comes in, as the carrier tells the house of it, step by step."""

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
    """One call. `ring` is the document that rings an agent, once one is rung."""

    app: RunningApp
    caller: str = "+12025550134"
    target: str = "+12025550101"
    sid: str = field(default_factory=lambda: f"CA{next(_numbers):032x}")
    ring: Document | None = None
    rung: int = 0

    def comes(self, language: str = "1", key: str = "1") -> "IncomingCall":
        """Through both menus, to an agent who is free or into the line."""
        menu = self.app.rings(self.sid, self.caller)
        for pressed in (language, key):
            menu = self.app.twiml(menu.path("Gather"), self._own(Digits=pressed))
        self._rings(menu)
        return self

    def _rings(self, document: Document) -> None:
        self.ring = document if "Dial" in document.verbs else None

    @property
    def id(self) -> str:
        """The id the call has with us."""
        return str(self.app.get(f"/calls/{self.sid}")["id"])

    def rings(self) -> None:
        """The agent's phone begins to ring."""
        self.rung += 1
        self._leg("ringing")

    def picked_up(self) -> None:
        """The agent speaks with the caller."""
        self._leg("in-progress")

    def passed(self, why: str = "busy") -> None:
        """The agent's phone rings no more, and whoever is next is rung."""
        self._leg(why)
        assert self.ring is not None
        ended = self._own(DialCallStatus=why, DialCallSid=self._leg_sid)
        self._rings(self.app.twiml(self.ring.path("Dial"), ended))

    def leg_ends(self, seconds: int) -> None:
        """The agent's phone has hung up after so many seconds."""
        self._leg("completed", CallDuration=str(seconds), SequenceNumber="3")

    def ends(self, seconds: int = 60) -> None:
        """Everybody has hung up."""
        over = self._own(CallStatus="completed", CallDuration=str(seconds), Timestamp=self._now)
        assert self.app.post(STATUS, over).status_code == 204

    @property
    def _leg_sid(self) -> str:
        return f"{self.sid[:2]}leg{self.rung}{self.sid[6:]}"

    def _leg(self, status: str, **also: str) -> None:
        assert self.ring is not None
        tag = "Client" if self.ring.root.find(".//Client") is not None else "Number"
        told = {"CallSid": self._leg_sid, "ParentCallSid": self.sid, "CallStatus": status}
        fields = inbound(self.sid, self.caller) | told | {"Direction": "outbound-dial", "To": self.target}
        more = {"Timestamp": self._now, "SequenceNumber": "1", "AnsweredBy": "human"}
        path = self.ring.path(tag, "statusCallback")
        assert self.app.post(path, fields | more | also).status_code == 204

    def _own(self, **more: Any) -> dict[str, str]:
        return inbound(self.sid, self.caller) | {"CallStatus": "in-progress"} | more

    @property
    def _now(self) -> str:
        return format_datetime(self.app.services.clock.now())
