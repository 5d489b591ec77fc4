"""Text messages in both directions."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.ground_truth import MessageTruth
from callcrm.simulator.leg import CarrierState
from callcrm.simulator.wire.webhooks import WebhookRequest

GEO_PARAMS = [f"{party}{part}" for party in ("From", "To") for part in ("City", "State", "Zip", "Country")]
SEGMENT_LENGTH = 70  # characters of a segment in UCS-2, which any script fits
UNREACHABLE = "30003"


@dataclass
class Message:
    """A message resource of the REST API."""

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
    """The account's messages; `unreachable` numbers never get theirs, `opted_out` ones refuse them."""

    carrier: CarrierState
    by_sid: dict[str, Message] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)

    async def receive(self, from_: str, to: str, body: str, url: str) -> Message:
        """Somebody writes to one of our numbers: the webhook at `url` is requested, its response logged."""
        message = self._new("SM", from_, to, body, "inbound")
        message.status = "received"
        params = {
            **self._base_params(message),
            "SmsMessageSid": message.sid,
            "MessagingServiceSid": "",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": str(max(1, -(-len(body) // SEGMENT_LENGTH))),
            "SmsStatus": "received",
            **dict.fromkeys(GEO_PARAMS, ""),
        }
        await self.carrier.webhooks.send(self._request(url, params, message.sid))
        return message

    def send(self, from_: str, to: str, body: str, status_callback: str | None) -> Message:
        """The app writes to somebody; `status_callback` is requested as the message gets on."""
        message = self._new("SM", from_, to, body, "outbound-api")
        message.status_callback = status_callback
        self.carrier.clock.spawn(self._deliver(message))
        return message

    def _new(self, prefix: str, from_: str, to: str, body: str, direction: str) -> Message:
        sid = self.carrier.sids.new(prefix)
        message = Message(sid, from_, to, body, direction, self.carrier.clock.now())
        self.by_sid[sid] = message
        self.carrier.ground_truth.messages.append(MessageTruth(sid, from_, to, body, direction))
        return message

    async def _deliver(self, message: Message) -> None:
        lost = message.to in self.unreachable
        for status in ("sent", "undelivered" if lost else "delivered"):
            await self.carrier.clock.sleep(self.carrier.settings.message_delay)
            message.status = status
            message.error_code = UNREACHABLE if status == "undelivered" else None
            self._report(message)

    def _report(self, message: Message) -> None:
        if message.status_callback is None:
            return
        # Message callbacks carry neither a timestamp nor a sequence number.
        params = {
            **self._base_params(message),
            "MessageStatus": message.status,
            "SmsStatus": message.status,
        }
        if message.error_code:
            params["ErrorCode"] = message.error_code
        request = self._request(message.status_callback, params, message.sid)
        self.carrier.callbacks.send(request, message.sid, f"{message.sid}:{message.status}")

    def _base_params(self, message: Message) -> dict[str, str]:
        return {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self.carrier.account.sid,
            "From": message.from_,
            "To": message.to,
            "ApiVersion": "2010-04-01",
        }

    def _request(self, url: str, params: dict[str, str], sid: str) -> WebhookRequest:
        token = self.carrier.sids.token()
        return WebhookRequest("message", url, tuple(params.items()), sid=sid, idempotency_token=token)
