"""Text messages in both directions."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.ground_truth import MessageTruth
from callcrm.simulator.leg import CarrierState
from callcrm.simulator.wire.webhooks import Errand

GEO = [f"{who}{what}" for who in ("From", "To") for what in ("City", "State", "Zip", "Country")]
UNREACHABLE = "30003"


@dataclass
class Message:
    """A message as the REST API knows it."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str
    created: datetime
    status: str = "queued"
    error_code: str | None = None
    status_callback: str | None = None


@dataclass
class Messages:
    """The account's messages; `unreachable` numbers never get theirs, `opted_out` refuse them."""

    switch: CarrierState
    by_sid: dict[str, Message] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)

    async def receive(self, from_: str, to: str, body: str, url: str) -> Message:
        """Somebody writes to one of our numbers: the app is told, and its answer logged."""
        text = self._new("SM", from_, to, body, "inbound")
        text.status = "received"
        told = {
            **self._names(text),
            "SmsMessageSid": text.sid,
            "MessagingServiceSid": "",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": str(max(1, -(-len(body) // 70))),
            "SmsStatus": "received",
            **dict.fromkeys(GEO, ""),
        }
        await self.switch.web.run(self._errand(url, told, text.sid))
        return text

    def send(self, from_: str, to: str, body: str, status_callback: str | None) -> Message:
        """The app writes to somebody; how it goes is told by and by."""
        text = self._new("SM", from_, to, body, "outbound-api")
        text.status_callback = status_callback
        self.switch.clock.spawn(self._deliver(text))
        return text

    def _new(self, prefix: str, from_: str, to: str, body: str, direction: str) -> Message:
        text = Message(self.switch.sids.new(prefix), from_, to, body, direction, self.switch.clock.now())
        self.by_sid[text.sid] = text
        self.switch.book.texts.append(MessageTruth(text.sid, from_, to, body, direction))
        return text

    async def _deliver(self, text: Message) -> None:
        lost = text.to in self.unreachable
        for status in ("sent", "undelivered" if lost else "delivered"):
            await self.switch.clock.sleep(self.switch.settings.message_delay)
            text.status = status
            text.error_code = UNREACHABLE if status == "undelivered" else None
            self._tell(text)

    def _tell(self, text: Message) -> None:
        if text.status_callback is None:
            return
        told = {**self._names(text), "MessageStatus": text.status, "SmsStatus": text.status}
        if text.error_code:
            told["ErrorCode"] = text.error_code
        errand = self._errand(text.status_callback, told, text.sid)
        self.switch.callbacks.send(errand, text.sid, f"{text.sid}:{text.status}")

    def _names(self, text: Message) -> dict[str, str]:
        return {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "AccountSid": self.switch.account.sid,
            "From": text.from_,
            "To": text.to,
            "ApiVersion": "2010-04-01",
        }

    def _errand(self, url: str, told: dict[str, str], sid: str) -> Errand:
        return Errand("message", url, tuple(told.items()), sid=sid, token=self.switch.sids.token())
