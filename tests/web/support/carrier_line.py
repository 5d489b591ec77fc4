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
    screening_url: str

    def pick_up(self) -> None:
        """The agent picks up and presses 1."""
        leg = self.fields | {
            "CallSid": f"{self.sid}leg",
            "ParentCallSid": self.sid,
            "CallStatus": "in-progress",
            "Direction": "outbound-dial",
        }
        twiml = self.line.post(self.screening_url, leg)
        self.line.post(_attribute(twiml, "Gather", "action"), leg | {"Digits": "1"})

    def hang_up(self, seconds: int = 30) -> None:
        """The call ends after so many seconds."""
        now = formatdate(usegmt=True).replace("GMT", "+0000")
        ended = completed(self.sid, seconds) | self.fields | {"CallStatus": "completed", "Timestamp": now}
        self.line.post("/webhooks/twilio/status", ended)


@dataclass
class CarrierLine:
    """Sends this server what the carrier would: signed posts with the token of the tests."""

    server: Server

    def ring(self, caller: str = "+12025550134") -> RingingCall:
        """A call that has gone through the menus and rings at an available agent."""
        sid = f"CA{next(_numbers):032x}"
        fields = inbound(sid, caller)
        twiml = self.post("/webhooks/twilio/voice", fields)
        while "<Number" not in twiml:
            twiml = self.post(_attribute(twiml, "Gather", "action"), fields | {"Digits": "1"})
        return RingingCall(self, sid, fields, _attribute(twiml, "Number", "url"))

    def post(self, url: str, fields: dict[str, str]) -> str:
        """The body of the server's response to a signed post."""
        url = url if url.startswith("http") else self.server.url + url
        headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
        with urlopen(Request(url, urlencode(fields).encode(), headers)) as response:
            return str(response.read().decode())


def _attribute(document: str, tag: str, name: str) -> str:
    match = re.search(rf'<{tag}\b[^>]*\b{name}="([^"]+)"', document)
    assert match, document
    return html.unescape(match[1])
