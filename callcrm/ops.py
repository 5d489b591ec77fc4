"""Routes for operators and the carrier: liveness, readiness, metrics, and the audio of prompts."""

from sqlalchemy import func, select
from sqlmodel import Session, col
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from callcrm import metrics
from callcrm.models import Call, CallState, CarrierEvent, Recording, RecordingStatus
from callcrm.services import Services
from callcrm.store.store import StoreDown

READY_DEADLINE = 1.0


async def healthz(request: Request) -> Response:
    """200 while the process runs."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 while the ledger can be written, else 503 naming what is down."""
    services: Services = request.app.state.services
    state: dict[str, object] = {"ready": True, "down": {}, "spooled": services.spool.depth()}
    try:
        await services.store.write(_check_ledger, deadline=READY_DEADLINE)
    except StoreDown as fault:
        state |= {"ready": False, "down": {"store": str(fault)}}
    return JSONResponse(state, 200 if state["ready"] else 503)


def _check_ledger(session: Session) -> None:
    session.connection().execute(select(col(CarrierEvent.id)).limit(1))


async def prometheus(request: Request) -> Response:
    """Metrics as Prometheus text; without the store those of this process alone."""
    services: Services = request.app.state.services
    metrics.spool_depth(services.spool.depth())
    try:
        await services.store.read(_update_gauges, deadline=READY_DEADLINE)
    except StoreDown:
        metrics.store_fault("down")
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _update_gauges(session: Session) -> None:
    live = (
        select(col(Call.state), func.count())
        .where(col(Call.state) != CallState.ENDED)
        .group_by(col(Call.state))
    )
    counts = session.connection().execute(live).all()
    metrics.calls_by_state({row[0]: row[1] for row in counts})
    pending = select(func.count()).where(col(Recording.status) == RecordingStatus.PENDING)
    metrics.recordings_pending(session.connection().execute(pending).scalar_one())


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
