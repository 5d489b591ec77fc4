"""What could not be taken in, for administrators: spooled records that broke their verb, and dead jobs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

import structlog
from starlette.responses import Response

from callcrm.base.text import bidi_isolate
from callcrm.i18n.locale import Locale
from callcrm.jobs import dead_letters
from callcrm.jobs.dead_letters import DeadJob, Retried
from callcrm.ledger.dead_letters import AT, ERROR
from callcrm.ledger.spool import Record
from callcrm.models import Role
from callcrm.web.page import Page
from callcrm.web.routes import get, post

COUNT = re.compile("[0-9]{1,9}")
MOST = 200  # rows of each sort that are shown
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeadRow:
    """Something that could not be taken in, in words; `failed_at` is None if nobody wrote it down."""

    what: str
    failed_at: datetime | None
    error: str


async def retry(page: Page) -> Response:
    """Tries all of it again, and leads to the page, which says what became of it."""
    services = page.services
    arguments = (services.store, services.runtime, services.spool.dead_letters, services.clock)
    result = await services.threads.run(dead_letters.retry_all, *arguments)
    log.info("dead letters tried again", by=page.user.user_id, taken=result.taken, jobs=result.jobs)
    return page.redirect(f"/settings/dead-letters?{urlencode(asdict(result))}")


def _result(page: Page) -> Retried | None:
    """What became of the last try, as the address of the page says; None where it says nothing."""
    counts = [page.request.query_params.get(field.name, "") for field in fields(Retried)]
    return Retried(*map(int, counts)) if all(COUNT.fullmatch(count) for count in counts) else None


async def dead_letters_page(page: Page) -> Response:
    """The page."""
    letters = page.services.spool.dead_letters
    jobs = await page.read(partial(dead_letters.dead_jobs, limit=MOST))
    records = await page.services.threads.run(letters.records)
    return page.respond(
        "settings/dead_letters/dead_letters.html",
        rows=[*_records(page.locale, records[:MOST]), *_jobs(page.locale, jobs)],
        unshown=max(0, len(records) - MOST),
        damaged=letters.count_damaged(),
        quarantine=str(letters.quarantine),
        result=_result(page),
    )


def _records(locale: Locale, records: list[Record]) -> Iterator[DeadRow]:
    names = {
        "event": locale._("An event of a call"),
        "incoming": locale._("A message"),
        "delivery": locale._("The status of a message"),
    }
    for record in records:
        at = datetime.fromisoformat(record[AT]) if AT in record else None
        yield DeadRow(names.get(str(record.get("kind")), locale._("Unknown")), at, record.get(ERROR, ""))


def _jobs(locale: Locale, jobs: Sequence[DeadJob]) -> Iterator[DeadRow]:
    names = {
        "call_ended": locale._("What follows from a call that has ended"),
        "customer_linked": locale._("Earlier calls of a customer's number"),
        "fetch_message_media": locale._("A file that came with a message"),
        "fetch_recording": locale._("A recording, to be fetched from the carrier"),
        "send_message": locale._("A message to be sent"),
        "message_received": locale._("A message that came in, to be looked at"),
        "import": locale._("A file of rows to be brought in"),
    }
    for job in jobs:
        name = names.get(job.kind) or locale._("Background work: %(kind)s", kind=bidi_isolate(job.kind))
        yield DeadRow(name, job.dead_at, job.error)


async def count(page: Page) -> Response:
    """How much there is, as a part for the page's head; nothing where there is nothing."""
    letters = page.services.spool.dead_letters
    jobs = await page.read(dead_letters.count_dead_jobs)
    return page.respond("settings/dead_letters/_count.html", count=letters.count() + jobs)


routes = [
    get("/settings/dead-letters", dead_letters_page, role=Role.ADMIN),
    get("/settings/dead-letters/count", count, role=Role.ADMIN, keeps_session=False),
    post("/settings/dead-letters/retry", retry, role=Role.ADMIN),
]
