"""The endpoint of queues."""

from dataclasses import asdict

from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.routing.queue_status import queue_statuses
from callcrm.views.objects import shapes

endpoints = Endpoints()


@endpoints.get("/queues")
async def list_queues(context: ApiContext) -> shapes.Listing[shapes.Queue]:
    """The queues as they are now, by name."""
    names = context.services.runtime.flows.queues

    def verb(session: Session) -> shapes.Listing[shapes.Queue]:
        items = [shapes.Queue(**asdict(status)) for status in queue_statuses(session, context.now, names)]
        return shapes.Listing[shapes.Queue](items=items)

    return await context.read(verb)
