"""Routes for operators and the carrier: liveness, readiness, metrics, and the audio of prompts."""

import structlog
from sqlalchemy import func, select
from sqlmodel import Session, col
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from callcrm import metrics
from callcrm.calls.reconciliation import LIVE_STATES
from callcrm.jobs import dead_letters
from callcrm.ledger.spool import count_records
from callcrm.models import Call, Recording, RecordingStatus
from callcrm.services import Services
from callcrm.store.store import StoreDown
from callcrm.views import readiness

READY_DEADLINE = 1.0
log = structlog.get_logger()


async def healthz(request: Request) -> Response:
    """200 while the process runs."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 while events can be kept in the store, and in the spool; else 503 naming what is down, and why."""
    services: Services = request.app.state.services
    down = await readiness.faults(services)
    state = {
        "ready": not down,
        "down": down,
        "spooled": await services.threads.run(count_records, services.settings.spool),  # by any process
        "dead_letters": services.spool.dead_letters.count(),
    }
    return JSONResponse(state, 503 if down else 200)


async def prometheus(request: Request) -> Response:
    """Metrics as Prometheus text; without the store those of this process alone."""
    services: Services = request.app.state.services
    metrics.spool_depth(services.spool.depth())
    letters = services.spool.dead_letters
    metrics.dead_letters(spooled=letters.count(), damaged=letters.count_damaged())
    try:
        await services.store.read(_update_gauges, deadline=READY_DEADLINE)
    except StoreDown as fault:
        log.warning("metrics without the store", cause=str(fault))
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _update_gauges(session: Session) -> None:
    live = (
        select(col(Call.state), func.count())
        .where(col(Call.state).in_(LIVE_STATES))
        .group_by(col(Call.state))
    )
    counts = session.connection().execute(live).all()
    metrics.calls_by_state({row[0]: row[1] for row in counts})
    pending = select(func.count()).where(col(Recording.status) == RecordingStatus.PENDING)
    metrics.recordings_pending(session.connection().execute(pending).scalar_one())
    metrics.dead_jobs(dead_letters.count_dead_jobs(session))


async def prompt(request: Request) -> Response:
    """The audio of a prompt; without authentication, since the carrier fetches media unsigned."""
    book = request.app.state.services.runtime.flows.book
    path = book.file_for(request.path_params["language"], request.path_params["name"])
    if path is None:
        return PlainTextResponse("There is no such prompt.\n", 404)
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "public, max-age=3600"})


routes = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", prometheus),
    Route("/prompts/{language}/{name}.wav", prompt),
]
