"""The carrier's side of calls to a running server: keys pressed, phones picked up and hung up, all signed."""

import html
import re
from dataclasses import dataclass
from email.utils import formatdate
from itertools import count
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from callcrm.simulator.wire.signature import sign
from tests.posts import completed, inbound
from tests.running import TOKEN, Server

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
_numbers = count(1)


@dataclass
class RingingCall:
    """A call that rings at an agent's phone."""

    line: "CarrierLine"
    sid: str
    fields: dict[str, str]
    screen: str

    def picked_up(self) -> None:
        """The agent picks up and presses 1."""
        leg = self.fields | {
            "CallSid": f"{self.sid}leg",
            "ParentCallSid": self.sid,
            "CallStatus": "in-progress",
            "Direction": "outbound-dial",
        }
        asked = self.line.post(self.screen, leg)
        self.line.post(_attribute(asked, "Gather", "action"), leg | {"Digits": "1"})

    def hung_up(self, seconds: int = 30) -> None:
        """The call is over."""
        now = formatdate(usegmt=True).replace("GMT", "+0000")
        ended = completed(self.sid, seconds) | self.fields | {"CallStatus": "completed", "Timestamp": now}
        self.line.post("/webhooks/twilio/status", ended)


@dataclass
class CarrierLine:
    """The carrier, as the server at this address knows it."""

    server: Server

    def rings(self, caller: str = "+12025550134") -> RingingCall:
        """A call that has come through the menus to an agent who is free."""
        sid = f"CA{next(_numbers):032x}"
        fields = inbound(sid, caller)
        said = self.post("/webhooks/twilio/voice", fields)
        while "<Number" not in said:
            said = self.post(_attribute(said, "Gather", "action"), fields | {"Digits": "1"})
        return RingingCall(self, sid, fields, _attribute(said, "Number", "url"))

    def post(self, url: str, fields: dict[str, str]) -> str:
        """What the server answers to a signed post."""
        url = url if url.startswith("http") else self.server.url + url
        headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
        with urlopen(Request(url, urlencode(fields).encode(), headers)) as answer:
            return str(answer.read().decode())


def _attribute(document: str, tag: str, name: str) -> str:
    found = re.search(rf'<{tag}\b[^>]*\b{name}="([^"]+)"', document)
    assert found, document
    return html.unescape(found[1])
