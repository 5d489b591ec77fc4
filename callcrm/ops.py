"""For those who operate the house: does it live, is it ready, what does it count; and the prompts' audio."""

from sqlalchemy import func, select
from sqlmodel import Session, col
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from callcrm import metrics
from callcrm.models import Call, CallState, Recording, RecordingStatus
from callcrm.services import Services
from callcrm.store.door import StoreDown

READY_DEADLINE = 1.0


async def healthz(request: Request) -> Response:
    """200 while the process lives."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200, or 503 naming what is down."""
    services: Services = request.app.state.services
    faults = dict(services.faults)
    try:
        await services.store.read(
            lambda session: session.connection().execute(select(1)), deadline=READY_DEADLINE
        )
    except StoreDown as fault:
        faults.setdefault("store", str(fault))
    if services.spool.depth():
        faults["spool"] = f"{services.spool.depth()} events wait to be taken in"
    return JSONResponse({"ready": not faults, "down": faults}, 503 if faults else 200)


async def measures(request: Request) -> Response:
    """Prometheus text."""
    services: Services = request.app.state.services
    metrics.spool_depth(services.spool.depth())
    try:
        await services.store.read(_count, deadline=READY_DEADLINE)
    except StoreDown:
        metrics.store_fault("down")
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def _count(session: Session) -> None:
    live = (
        select(col(Call.state), func.count())
        .where(col(Call.state) != CallState.ENDED)
        .group_by(col(Call.state))
    )
    metrics.calls_by_state(dict(session.connection().execute(live).tuples().all()))
    pending = select(func.count()).where(col(Recording.status) == RecordingStatus.PENDING)
    metrics.recordings_pending(session.connection().execute(pending).scalar_one())


async def prompt(request: Request) -> Response:
    """The audio of one prompt: the carrier fetches it unsigned, and it is no secret."""
    book = request.app.state.services.house.flows.book
    path = book.file_for(request.path_params["language"], request.path_params["name"])
    if path is None:
        return PlainTextResponse("There is no such prompt.\n", 404)
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "public, max-age=3600"})


routes = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", measures),
    Route("/prompts/{language}/{name}.wav", prompt),
]
