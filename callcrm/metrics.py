"""Prometheus metrics. Labels never carry personal data."""

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
# Among them 1.5 s, the store's deadline, and 1.8 s, within which a call flow is answered even without it.
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
_LOGINS = Counter("callcrm_logins", "Attempts to sign in by how they ended.", ["result"], registry=REGISTRY)
_ATTACKED = Counter(
    "callcrm_accounts_attacked", "Accounts that came under attack by guessing.", registry=REGISTRY
)
_JOBS = Counter("callcrm_jobs", "Jobs by how an attempt ended.", ["kind", "result"], registry=REGISTRY)
_SPOOL_DEPTH = Gauge(
    "callcrm_spool_depth", "Events waiting in the spool.", registry=REGISTRY, multiprocess_mode="livesum"
)
_DEAD_LETTERS = Gauge(
    "callcrm_dead_letters",
    "What could not be taken in and is kept.",
    ["kind"],
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
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


def _route_label(route: str) -> str:
    """The route, or "other" for one we do not have: anybody may send any path, and each label is a series."""
    return route if route in WEBHOOKS else "other"


def route_of(path: str) -> str:
    """The route of a webhook's path: its first part, but `fallback` for the fallback of the voice URL, and
    "other" for one we do not have.
    """
    parts = path.removeprefix(WEBHOOK_ROOT).strip("/").split("/")
    return "fallback" if parts[:2] == ["voice", "fallback"] else _route_label(parts[0])


@cache
def _series(route: str, result: str) -> tuple[Counter, Histogram]:
    return _REQUESTS.labels(route, result), _SECONDS.labels(route)


def webhook_answered(route: str, result: str, seconds: float) -> None:
    """Counts a webhook request and the seconds it took; `result` is `2xx` or the like."""
    requests, duration = _series(_route_label(route), result)
    requests.inc()
    duration.observe(seconds)


def signature_refused(route: str, *, observed: bool = False) -> None:
    """Counts a request with a wrong signature; `observed` if it was let through all the same."""
    _REFUSED.labels(_route_label(route), "observe" if observed else "enforce").inc()


def answer_degraded() -> None:
    """Counts a call-flow response made without the store."""
    _DEGRADED.inc()


def event_spooled() -> None:
    """Counts an event that went to the spool."""
    _SPOOLED.inc()


def spool_depth(events: int) -> None:
    """Sets how many events wait in the spool."""
    _SPOOL_DEPTH.set(events)


def dead_letters(*, spooled: int, damaged: int) -> None:
    """Sets how many spooled records could not be taken in, and how many lines of the spool are damaged."""
    _DEAD_LETTERS.labels("spooled").set(spooled)
    _DEAD_LETTERS.labels("damaged").set(damaged)


def dead_jobs(jobs: int) -> None:
    """Sets how many jobs were given up on."""
    _DEAD_LETTERS.labels("job").set(jobs)


def store_fault(kind: str) -> None:
    """Counts a use of the store that failed (`down`) or was past its deadline (`late`)."""
    _FAULTS.labels(kind).inc()


def live_subscribers(screens: int) -> None:
    """Sets how many live streams are open in this process."""
    _SUBSCRIBERS.set(screens)


def login_attempted(result: str) -> None:
    """Counts an attempt to sign in: `succeeded`, `wrong`, `throttled`, `busy` or `disabled`."""
    _LOGINS.labels(result).inc()


def account_attacked() -> None:
    """Counts an account at which so much is guessed that it is slowed down."""
    _ATTACKED.inc()


def job_done(kind: str) -> None:
    """Counts a job that is done."""
    _JOBS.labels(kind, "done").inc()


def job_retried(kind: str) -> None:
    """Counts a job put off to be run again."""
    _JOBS.labels(kind, "retried").inc()


def job_dead(kind: str) -> None:
    """Counts a job given up on."""
    _JOBS.labels(kind, "dead").inc()


def recordings_pending(recordings: int) -> None:
    """Sets how many recordings are not fetched yet."""
    _RECORDINGS.set(recordings)


def calls_by_state(counts: Mapping[str, int]) -> None:
    """Sets how many calls are in each live state; a state left out has none."""
    for state in CALL_STATES:
        _CALLS.labels(state).set(counts.get(state, 0))


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _delete_dead_gauges(folder: Path) -> None:
    """Deletes the gauges of processes that were killed; their counters stay counted."""
    for file in folder.glob("gauge_live*_*.db"):
        if not _is_running(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)


def exposition() -> bytes:
    """All metrics as Prometheus text; with several worker processes, those of all of them together."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    _delete_dead_gauges(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
    return generate_latest(merged)
