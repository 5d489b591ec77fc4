"""The client of the carrier's REST API: no call-flow answer waits for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from callcrm.base.clock import Clock
from callcrm.carrier.errors import CarrierRefused, CarrierUnknown
from callcrm.carrier.resources import (
    CarrierCall,
    CarrierNumber,
    CarrierRecording,
    parse_call,
    parse_number,
    parse_recording,
)
from callcrm.carrier.rest_transport import RestTransport, open_http
from callcrm.config import Settings
from callcrm.ivr.steps import Target

PROGRESS = ["initiated", "ringing", "answered", "completed"]
NOT_IN_PROGRESS = 21220  # the carrier's code for: the call ended before the change reached it
RING_SECONDS = 30  # the carrier adds about five to whatever it is given
PAGE_SIZE = "500"
MAX_SID = 64
MAX_STATUS = 24
MAX_PAGES = 2000


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message the carrier has accepted: its SID, and its status in the carrier's own word."""

    sid: str
    status: str


class RestClient:
    """What we request of the carrier. A create is sent once: it has no idempotency key, so a second try
    after a timeout could ring the customer twice. See `carrier/errors.py` for what each failure means.
    """

    def __init__(self, transport: RestTransport) -> None:
        self._transport = transport

    async def place_call(
        self,
        *,
        to: str,
        from_: str,
        url: str,
        status_url: str,
        call_seconds: int,
        ring_seconds: int = RING_SECONDS,
    ) -> str:
        """The SID of a call now being placed; once it is answered the carrier requests TwiML from `url`. It
        lasts at most `call_seconds`.
        """
        form: dict[str, str | list[str]] = {
            "To": to,
            "From": from_,
            "Url": url,
            "Method": "POST",
            "StatusCallback": status_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": PROGRESS,  # a repeated field here, a single string of words in TwiML
            "Timeout": str(ring_seconds),
            "TimeLimit": str(call_seconds),
        }
        return _created_sid(await self._transport.post("/Calls.json", form))

    async def redirect_call(self, sid: str, url: str) -> bool:
        """True once a live call goes on at `url`; False if it has ended meanwhile."""
        return await self._change_call(sid, {"Url": url, "Method": "POST"})

    async def hang_up(self, sid: str) -> bool:
        """True once a live call is ended; False if it had ended already."""
        return await self._change_call(sid, {"Status": "completed"})

    async def send_message(self, *, to: str, from_: str, body: str, status_url: str) -> SentMessage:
        """A message the carrier has accepted; whether it arrives is reported to `status_url`."""
        form = {"To": to, "From": from_, "Body": body, "StatusCallback": status_url}
        payload = await self._transport.post("/Messages.json", form)
        return SentMessage(
            sid=_created_sid(payload), status=str(payload.get("status") or "queued")[:MAX_STATUS]
        )

    async def fetch_call(self, sid: str) -> CarrierCall | None:
        """One call as the carrier knows it, None if it knows of none."""
        payload = await self._fetch(f"/Calls/{quote(sid, safe='')}.json")
        return parse_call(payload) if payload else None

    async def fetch_recording(self, sid: str) -> CarrierRecording | None:
        """One recording as the carrier knows it, None if it knows of none."""
        payload = await self._fetch(f"/Recordings/{quote(sid, safe='')}.json")
        return parse_recording(payload) if payload else None

    async def list_calls(self, since: datetime) -> AsyncIterator[CarrierCall]:
        """Every leg the carrier lists as started since then."""
        # The API writes the comparison into the parameter's name: `StartTime>=…`.
        async for item in self._list("/Calls.json", "calls", {"StartTime>": _utc_text(since)}):
            if call := parse_call(item):
                yield call

    async def list_recordings(self, since: datetime) -> AsyncIterator[CarrierRecording]:
        """Every recording the carrier lists as made since then."""
        async for item in self._list("/Recordings.json", "recordings", {"DateCreated>": _utc_text(since)}):
            if recording := parse_recording(item):
                yield recording

    async def account_status(self) -> str:
        """The account's status in the carrier's own word; `active` is the good one."""
        return str((await self._transport.get(".json")).get("status"))

    async def list_numbers(self) -> AsyncIterator[CarrierNumber]:
        """Every number of the account, with the URLs configured for it."""
        async for item in self._list("/IncomingPhoneNumbers.json", "incoming_phone_numbers", {}):
            yield parse_number(item)

    async def _fetch(self, path: str) -> dict[str, Any] | None:
        try:
            return await self._transport.get(path)
        except CarrierRefused as refusal:
            if refusal.status == 404:
                return None
            raise

    async def _change_call(self, sid: str, form: dict[str, str]) -> bool:
        try:
            await self._transport.post(f"/Calls/{quote(sid, safe='')}.json", form)
        except CarrierRefused as refusal:
            if refusal.code == NOT_IN_PROGRESS:  # the other side was faster: nothing is wrong
                return False
            raise
        return True

    async def _list(self, path: str, name: str, query: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        """Items of all pages. Of `next_page_uri` only the query is used: host and path stay ours."""
        page = await self._transport.get(path, {**query, "PageSize": PAGE_SIZE})
        for _ in range(MAX_PAGES):
            items = page.get(name)
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict):
                    yield item
            next_query = urlsplit(str(page.get("next_page_uri") or "")).query
            if not next_query:
                return
            page = await self._transport.get(path, next_query)


def dial_address(target: Target) -> str:
    """The target as a `To`: a number or SIP address as it is, a softphone by its identity."""
    return f"client:{target.address}" if target.kind == "softphone" else target.address


def _created_sid(payload: dict[str, Any]) -> str:
    sid = payload.get("sid")
    if not isinstance(sid, str) or not 0 < len(sid) <= MAX_SID:
        raise CarrierUnknown("the carrier's answer names no SID")
    return sid


def _utc_text(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def open_rest_client(settings: Settings, clock: Clock, http: httpx.AsyncClient | None = None) -> RestClient:
    """The client of the configured account; whoever hands over `http` closes it."""
    transport = RestTransport(
        http or open_http(),
        clock,
        api_url=settings.carrier_api_url,
        account=settings.account_sid,
        token=settings.auth_token,
    )
    return RestClient(transport)
