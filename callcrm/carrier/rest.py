"""The one door to the carrier's REST API: small, over httpx, and honest about what it does not know."""

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
NOT_IN_PROGRESS = 21220  # the call ended before the change reached it
RING_SECONDS = 30
PAGE_SIZE = "500"
MOST_PAGES = 2000


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message the carrier has taken: its SID, and its status in the carrier's own word."""

    sid: str
    status: str


class RestClient:
    """What we ask of the carrier. Creates are asked once; see `faults` for what each failure means."""

    def __init__(self, transport: RestTransport) -> None:
        self._transport = transport

    async def place_call(
        self, *, to: str, from_: str, url: str, status_url: str, ring_seconds: int = RING_SECONDS
    ) -> str:
        """The SID of a call now being placed; its document is asked of `url` once it is answered."""
        form: dict[str, str | list[str]] = {
            "To": to,
            "From": from_,
            "Url": url,
            "Method": "POST",
            "StatusCallback": status_url,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": PROGRESS,
            "Timeout": str(ring_seconds),
        }
        return _sid_of(await self._transport.post("/Calls.json", form))

    async def redirect_call(self, sid: str, url: str) -> bool:
        """True once a live call goes on at `url`; False if it has ended meanwhile."""
        return await self._change_call(sid, {"Url": url, "Method": "POST"})

    async def hang_up(self, sid: str) -> bool:
        """True once a live call is ended; False if it had ended already."""
        return await self._change_call(sid, {"Status": "completed"})

    async def send_message(self, *, to: str, from_: str, body: str, status_url: str) -> SentMessage:
        """A message the carrier has taken on; whether it arrives is told to `status_url`."""
        form = {"To": to, "From": from_, "Body": body, "StatusCallback": status_url}
        said = await self._transport.post("/Messages.json", form)
        return SentMessage(sid=_sid_of(said), status=str(said.get("status") or "queued")[:24])

    async def fetch_call(self, sid: str) -> CarrierCall | None:
        """One call as the carrier knows it, None if it knows of none."""
        said = await self._found(f"/Calls/{quote(sid, safe='')}.json")
        return parse_call(said) if said else None

    async def fetch_recording(self, sid: str) -> CarrierRecording | None:
        """One recording as the carrier knows it, None if it knows of none."""
        said = await self._found(f"/Recordings/{quote(sid, safe='')}.json")
        return parse_recording(said) if said else None

    async def list_calls(self, since: datetime) -> AsyncIterator[CarrierCall]:
        """Every leg the carrier lists as started since then."""
        async for said in self._listed("/Calls.json", "calls", {"StartTime>": _stamp(since)}):
            if found := parse_call(said):
                yield found

    async def list_recordings(self, since: datetime) -> AsyncIterator[CarrierRecording]:
        """Every recording the carrier lists as made since then."""
        async for said in self._listed("/Recordings.json", "recordings", {"DateCreated>": _stamp(since)}):
            if found := parse_recording(said):
                yield found

    async def account_status(self) -> str:
        """The account's status in the carrier's own word; `active` is the good one."""
        return str((await self._transport.get(".json")).get("status"))

    async def list_numbers(self) -> AsyncIterator[CarrierNumber]:
        """Every number of the account, with the URLs it calls."""
        async for said in self._listed("/IncomingPhoneNumbers.json", "incoming_phone_numbers", {}):
            yield parse_number(said)

    async def _found(self, path: str) -> dict[str, Any] | None:
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
            if refusal.code == NOT_IN_PROGRESS:
                return False
            raise
        return True

    async def _listed(self, path: str, name: str, wanted: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        """Items of all pages. Of the next page's address only the query counts: the path is ours."""
        page = await self._transport.get(path, {**wanted, "PageSize": PAGE_SIZE})
        for _ in range(MOST_PAGES):
            items = page.get(name)
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict):
                    yield item
            query = urlsplit(str(page.get("next_page_uri") or "")).query
            if not query:
                return
            page = await self._transport.get(path, query)


def dial_address(target: Target) -> str:
    """What the carrier is told to ring: a number or SIP address as it is, a softphone by its identity."""
    return f"client:{target.address}" if target.kind == "softphone" else target.address


def _sid_of(said: dict[str, Any]) -> str:
    sid = said.get("sid")
    if not isinstance(sid, str) or not 0 < len(sid) <= 64:
        raise CarrierUnknown("the carrier's answer names no SID")
    return sid


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def open_rest_client(settings: Settings, clock: Clock, http: httpx.AsyncClient | None = None) -> RestClient:
    """The rest_client of the configured account; the client given is the opener's to close."""
    transport = RestTransport(
        http or open_http(),
        clock,
        api_url=settings.carrier_api_url,
        account=settings.account_sid,
        token=settings.auth_token,
    )
    return RestClient(transport)
