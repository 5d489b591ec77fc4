"""The queues as they are now."""

from dataclasses import asdict

from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import Ask, answer
from callcrm.routing.queue_status import queue_statuses
from callcrm.views.objects import shapes


async def list_queues(ask: Ask) -> Response:
    """Every queue, by name."""
    names = ask.services.runtime.flows.queues

    def verb(session: Session) -> shapes.Listing[shapes.Queue]:
        items = [shapes.Queue(**asdict(one)) for one in queue_statuses(session, ask.now, names)]
        return shapes.Listing[shapes.Queue](items=items)

    return answer(await ask.read(verb))
