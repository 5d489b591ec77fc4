"""Live events as frames of server-sent events, rendered once and shared by all streams."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from weakref import WeakKeyDictionary

from pydantic import BaseModel
from sqlmodel import Session

from callcrm.agents import roster
from callcrm.api.http.context import Services, to_json
from callcrm.base.errors import NotFound
from callcrm.calls import search
from callcrm.customers import customers
from callcrm.live.hub import Hub
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item
from callcrm.routing.queue_status import queue_statuses
from callcrm.views.objects import render, shapes

KEPT = 512


class Frames:
    """The latest frames of one hub, by announcement."""

    def __init__(self) -> None:
        self._frames: OrderedDict[int, asyncio.Future[str | None]] = OrderedDict()

    async def of(self, services: Services, item: Item) -> str | None:
        """The `event:` and `data:` lines of an announcement; None if its subject is gone."""
        frame = self._frames.get(item.event_id)
        if frame is None:
            frame = self._frames[item.event_id] = asyncio.ensure_future(_frame(services, item))
            frame.add_done_callback(lambda done: self._forget_fault(item.event_id, done))
            if len(self._frames) > KEPT:
                self._frames.popitem(last=False)
        # One client who leaves must not take the others' frame along.
        return await asyncio.shield(frame)

    def _forget_fault(self, event_id: int, done: "asyncio.Future[str | None]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._frames.pop(event_id, None)


_by_hub: WeakKeyDictionary[Hub, Frames] = WeakKeyDictionary()


def frames_of(hub: Hub) -> Frames:
    """The frames shared by all clients of this hub."""
    return _by_hub.setdefault(hub, Frames())


async def _frame(services: Services, item: Item) -> str | None:
    render_subject, prefix = RENDERERS.get(item.kind), services.runtime.settings.path_prefix
    if render_subject is None:
        return None

    def verb(session: Session) -> str | None:
        try:
            data = to_json(render_subject(session, services, item.subject), prefix=prefix)
            return f"event: {item.kind}\ndata: {data}\n\n"
        except NotFound:
            return None

    if item.kind == LiveKind.CALL_ENDED:
        await services.backlog.caught_up()  # what the call left owing is part of it
    return await services.store.read(verb)


def _call(session: Session, _services: Services, call_id: str) -> BaseModel:
    row = search.call(session, call_id)
    shape = render.call(session, row)
    customer = render.customer(session, customers.get(session, row.customer_id)) if row.customer_id else None
    return shapes.LiveCall(call=shape, customer=customer, candidates=shape.candidates)


def _agent(session: Session, services: Services, agent_id: str) -> BaseModel:
    return shapes.LiveAgent(agent=render.agent(*roster.get_agent(session, agent_id), services.clock.now()))


def _queue(session: Session, services: Services, name: str) -> BaseModel:
    by_name = {status.name: status for status in queue_statuses(session, services.clock.now(), [name])}
    return shapes.LiveQueue(queue=shapes.Queue(**asdict(by_name[name])))


Renderer = Callable[[Session, Services, str], BaseModel]
# The kinds the API sends; a kind that is not here is for pages alone.
RENDERERS: dict[str, Renderer] = {
    LiveKind.CALL_OFFERED: _call,
    LiveKind.CALL_UPDATED: _call,
    LiveKind.CALL_ENDED: _call,
    LiveKind.AGENT_UPDATED: _agent,
    LiveKind.QUEUE_UPDATED: _queue,
}
