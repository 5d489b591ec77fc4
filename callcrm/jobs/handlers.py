"""Each kind of later work, and who does it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.carrier.media import MediaDoor
from callcrm.carrier.rest import Gateway
from callcrm.config import Settings
from callcrm.jobs.outcome import Dead, Retry
from callcrm.jobs.runner import Handler
from callcrm.messages import send
from callcrm.messages.send import Sender
from callcrm.recordings import pending
from callcrm.recordings.fetch import Fetcher
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store


class Parts(Protocol):
    """The parts of the house that later work needs."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def threads(self) -> Threads: ...

    @property
    def store(self) -> Store: ...

    @property
    def gateway(self) -> Gateway: ...

    @property
    def media(self) -> MediaDoor: ...

    @property
    def storage(self) -> Storage: ...


def handlers(parts: Parts) -> dict[str, Handler]:
    """The handler of every kind of job."""
    fetcher = Fetcher(parts.store, parts.media, parts.storage, parts.clock, parts.threads)
    sender = Sender(parts.store, parts.gateway, parts.settings, parts.clock)
    return {
        pending.JOB: partial(fetch_recording, fetcher),
        send.JOB: partial(send_message, sender),
    }


async def fetch_recording(fetcher: Fetcher, payload: dict[str, Any]) -> None:
    """Bring one recording home; Retry while the carrier does not have it to give."""
    try:
        sid, since = str(payload["sid"]), datetime.fromisoformat(payload["since"])
    except (KeyError, TypeError, ValueError):
        raise Dead("the job names no recording") from None
    _again(await fetcher.fetch(sid, since))


async def send_message(sender: Sender, payload: dict[str, Any]) -> None:
    """Hand one message to the carrier; Retry while the carrier can't be reached."""
    if "id" not in payload:
        raise Dead("the job names no message")
    _again(await sender.send(str(payload["id"])))


def _again(pause: timedelta | None) -> None:
    if pause is not None:
        raise Retry(pause.total_seconds(), "the carrier was asked and has to be asked again")
