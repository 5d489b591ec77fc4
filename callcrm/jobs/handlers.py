"""The kinds of jobs, and the handler of each."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.calls import call_ended
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.media import MediaClient
from callcrm.carrier.rest import RestClient
from callcrm.config import Settings
from callcrm.crm.noun import NounJob
from callcrm.crm.noun_jobs import NounJobs
from callcrm.crm.seams import Seams
from callcrm.customers import linking
from callcrm.jobs.retry import GiveUp, Retry
from callcrm.jobs.runner import Handler
from callcrm.messages import media as message_media
from callcrm.messages import receive, send
from callcrm.messages.media import MediaFetcher
from callcrm.messages.send import Sender
from callcrm.recordings import pending
from callcrm.recordings.fetch import Fetcher
from callcrm.recordings.storage import Storage
from callcrm.store.store import Store


class JobServices(Protocol):
    """The services that handlers need: those of `callcrm.services`, which this layer can't import."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def threads(self) -> Threads: ...

    @property
    def store(self) -> Store: ...

    @property
    def rest_client(self) -> RestClient: ...

    @property
    def media(self) -> MediaClient: ...

    @property
    def storage(self) -> Storage: ...

    @property
    def runtime(self) -> CallRuntime: ...

    @property
    def seams(self) -> Seams: ...


# Those that wait for other machines: the carrier, or where recordings are kept.
SLOW_JOBS = frozenset({pending.FETCH_JOB, send.SEND_JOB, message_media.FETCH_JOB})


def handlers(services: JobServices) -> dict[str, Handler]:
    """The handler of every kind of job, by kind."""
    fetcher = Fetcher(services.store, services.media, services.storage, services.clock, services.threads)
    sender = Sender(services.store, services.rest_client, services.settings, services.clock)
    files = MediaFetcher(services.store, services.media, services.storage, services.clock)
    nouns = NounJobs(services.seams, services.store, services.runtime, services.clock)
    return {
        call_ended.JOB: nouns.call_ended,
        linking.JOB: nouns.linked,
        receive.RECEIVED_JOB: nouns.message_received,
        pending.FETCH_JOB: partial(fetch_recording, fetcher),
        send.SEND_JOB: partial(send_message, sender),
        message_media.FETCH_JOB: partial(fetch_message_media, files),
        **{job.kind: partial(go_on, job.make(services)) for job in _noun_jobs(services.seams)},
    }


def leases(seams: Seams) -> dict[str, float]:
    """By kind of job: the seconds after which another process goes on with it, if they are not the usual."""
    return {job.kind: job.lease for job in _noun_jobs(seams)}


def _noun_jobs(seams: Seams) -> tuple[NounJob, ...]:
    return seams.all(lambda noun: noun.jobs)


async def go_on(handler: Callable[[Mapping[str, Any]], Awaitable[bool]], payload: dict[str, Any]) -> None:
    """Goes on with a job of a noun; Retry at once where there is more to do."""
    if await handler(payload):
        raise Retry(0, "there is more to do")


async def fetch_recording(fetcher: Fetcher, payload: dict[str, Any]) -> None:
    """Fetches one recording; Retry while the carrier can't give it, GiveUp for a malformed payload."""
    try:
        sid, since = str(payload["sid"]), datetime.fromisoformat(payload["since"])
    except (KeyError, TypeError, ValueError):
        raise GiveUp("the job names no recording") from None
    _retry_after(await fetcher.fetch(sid, since))


async def fetch_message_media(fetcher: MediaFetcher, payload: dict[str, Any]) -> None:
    """Fetches a file of a message; Retry while the carrier can't give it, GiveUp for a malformed payload."""
    try:
        media_id, since = str(payload["id"]), datetime.fromisoformat(payload["since"])
    except (KeyError, TypeError, ValueError):
        raise GiveUp("the job names no file") from None
    _retry_after(await fetcher.fetch(media_id, since))


async def send_message(sender: Sender, payload: dict[str, Any]) -> None:
    """Sends one message; Retry while the carrier can't be reached, GiveUp for a malformed payload."""
    if "id" not in payload:
        raise GiveUp("the job names no message")
    _retry_after(await sender.send(str(payload["id"])))


def _retry_after(pause: timedelta | None) -> None:
    if pause is not None:
        raise Retry(pause.total_seconds(), "the carrier was asked and has to be asked again")
