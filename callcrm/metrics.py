"""What is counted, and the Prometheus text it is read in. Labels never carry a person's data."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CALL_STATES = ("ringing", "ivr", "queued", "in_progress")
WEBHOOK_ROOT = "/webhooks/twilio"
WEBHOOKS = frozenset(
    ("voice", "fallback", "status", "recording", "client", "message", "outbound", "leg", "screen", "at")
)
# 1.5 s is the store's deadline and 1.8 s the gate of a degraded answer: both are edges of a bucket.
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 1.5, 1.8, 2.5, 5.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which nobody reads
REGISTRY = CollectorRegistry()

_REQUESTS = Counter(
    "callcrm_webhook_requests", "Webhook requests answered.", ["route", "result"], registry=REGISTRY
)
_SECONDS = Histogram(
    "callcrm_webhook_seconds", "Time to answer a webhook.", ["route"], buckets=BUCKETS, registry=REGISTRY
)
_REFUSED = Counter(
    "callcrm_signatures_refused",
    "Requests whose signature did not fit.",
    ["route", "mode"],
    registry=REGISTRY,
)
_DEGRADED = Counter("callcrm_degraded_answers", "Call-flow answers given from memory.", registry=REGISTRY)
_SPOOLED = Counter("callcrm_events_spooled", "Events kept in the spool, not the store.", registry=REGISTRY)
_FAULTS = Counter("callcrm_store_faults", "Failed or late uses of the store.", ["kind"], registry=REGISTRY)
_JOBS = Counter("callcrm_jobs", "Jobs by how an attempt ended.", ["kind", "result"], registry=REGISTRY)
_SPOOL_DEPTH = Gauge(
    "callcrm_spool_depth", "Events waiting in the spool.", registry=REGISTRY, multiprocess_mode="livemax"
)
_SUBSCRIBERS = Gauge(
    "callcrm_live_subscribers", "Screens listening.", registry=REGISTRY, multiprocess_mode="livesum"
)
_RECORDINGS = Gauge(
    "callcrm_recordings_pending",
    "Recordings not yet fetched from the carrier.",
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
_CALLS = Gauge(
    "callcrm_calls", "Live calls.", ["state"], registry=REGISTRY, multiprocess_mode="livemostrecent"
)


def _known(route: str) -> str:
    """Strangers choose the path they knock at: they must not make a label of each."""
    return route if route in WEBHOOKS else "other"


def route_of(path: str) -> str:
    """What a webhook's path is called here: its first word, `fallback` for that of a voice URL."""
    words = path.removeprefix(WEBHOOK_ROOT).strip("/").split("/")
    return "fallback" if words[:2] == ["voice", "fallback"] else words[0]


@cache
def _of_route(route: str, result: str) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(route, result), _SECONDS.labels(route)


def webhook_answered(route: str, result: str, seconds: float) -> None:
    """Count one webhook request and the time it took; `route` is the path's first part."""
    requests, duration = _of_route(_known(route), result)
    requests.inc()
    duration.observe(seconds)


def signature_refused(route: str, *, observed: bool = False) -> None:
    """Count a signature that does not fit; `observed` if the request was let through all the same."""
    _REFUSED.labels(_known(route), "observe" if observed else "enforce").inc()


def answer_degraded() -> None:
    """Count a call-flow answer given without the store."""
    _DEGRADED.inc()


def event_spooled() -> None:
    """Count an event that went to the spool."""
    _SPOOLED.inc()


def spool_depth(events: int) -> None:
    """Tell how many events wait in the spool."""
    _SPOOL_DEPTH.set(events)


def store_fault(kind: str) -> None:
    """Count a use of the store that failed (`down`) or came too late (`late`)."""
    _FAULTS.labels(kind).inc()


def live_subscribers(screens: int) -> None:
    """Tell how many screens listen to this process."""
    _SUBSCRIBERS.set(screens)


def job_done(kind: str) -> None:
    """Count a job that is finished."""
    _JOBS.labels(kind, "done").inc()


def job_retried(kind: str) -> None:
    """Count a job put off to be tried again."""
    _JOBS.labels(kind, "retried").inc()


def job_dead(kind: str) -> None:
    """Count a job given up on."""
    _JOBS.labels(kind, "dead").inc()


def recordings_pending(recordings: int) -> None:
    """Tell how many recordings are still at the carrier."""
    _RECORDINGS.set(recordings)


def calls_by_state(counts: Mapping[str, int]) -> None:
    """Tell how many calls are in each live state; a state left out has none."""
    for state in CALL_STATES:
        _CALLS.labels(state).set(counts.get(state, 0))


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _forget_the_dead(folder: Path) -> None:
    """A killed worker's gauges end with it; its counters stay counted."""
    for file in folder.glob("gauge_live*_*.db"):
        if not _lives(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)


def exposition() -> bytes:
    """All measures as Prometheus text; with several workers, those of all of them together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    _forget_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
