"""Live events as frames of server-sent events, rendered once and shared by all streams of one language."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict
from weakref import WeakKeyDictionary

from pydantic import BaseModel
from sqlmodel import Session

from callcrm.agents import roster
from callcrm.api.http.context import ApiContext, to_json
from callcrm.base.errors import NotFound
from callcrm.calls import search
from callcrm.customers import customers
from callcrm.live.hub import Hub
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item
from callcrm.routing.queue_status import queue_statuses
from callcrm.views.objects import render, shapes

KEPT = 512
Key = tuple[int, str]  # the id of an announcement, and a language


class Frames:
    """The latest frames of one hub, by announcement and language."""

    def __init__(self) -> None:
        self._frames: OrderedDict[Key, asyncio.Future[str | None]] = OrderedDict()

    async def of(self, context: ApiContext, item: Item) -> str | None:
        """The `event:` and `data:` lines of an announcement; None if its subject is gone."""
        key = item.event_id, context.reader.locale.language
        frame = self._frames.get(key)
        if frame is None:
            frame = self._frames[key] = asyncio.ensure_future(_frame(context, item))
            frame.add_done_callback(lambda done: self._forget_fault(key, done))
            if len(self._frames) > KEPT:
                self._frames.popitem(last=False)
        # One client who leaves must not take the others' frame along.
        return await asyncio.shield(frame)

    def _forget_fault(self, key: Key, done: "asyncio.Future[str | None]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._frames.pop(key, None)


_by_hub: WeakKeyDictionary[Hub, Frames] = WeakKeyDictionary()


def frames_of(hub: Hub) -> Frames:
    """The frames shared by all clients of this hub."""
    return _by_hub.setdefault(hub, Frames())


async def _frame(context: ApiContext, item: Item) -> str | None:
    render_subject, services = RENDERERS.get(item.kind), context.services
    if render_subject is None:
        return None

    def verb(session: Session) -> str | None:
        try:
            data = to_json(render_subject(session, context, item.subject), prefix=context.prefix)
            return f"event: {item.kind}\ndata: {data}\n\n"
        except NotFound:
            return None

    if item.kind == LiveKind.CALL_ENDED:
        await services.backlog.caught_up()  # what the call left owing is part of it
    return await services.store.read(verb)


def _call(session: Session, context: ApiContext, call_id: str) -> BaseModel:
    row = search.call(session, call_id)
    shape = render.call(session, row)
    customer = None
    if row.customer_id:
        known = customers.get(session, row.customer_id)
        customer = render.customer(session, context.reader, context.seams, known)
    return shapes.LiveCall(call=shape, customer=customer, candidates=shape.candidates)


def _agent(session: Session, context: ApiContext, agent_id: str) -> BaseModel:
    return shapes.LiveAgent(agent=render.agent(*roster.get_agent(session, agent_id), context.now))


def _queue(session: Session, context: ApiContext, name: str) -> BaseModel:
    by_name = {status.name: status for status in queue_statuses(session, context.now, [name])}
    return shapes.LiveQueue(queue=shapes.Queue(**asdict(by_name[name])))


Renderer = Callable[[Session, ApiContext, str], BaseModel]
# The kinds the API sends; a kind that is not here is for pages alone.
RENDERERS: dict[str, Renderer] = {
    LiveKind.CALL_OFFERED: _call,
    LiveKind.CALL_UPDATED: _call,
    LiveKind.CALL_ENDED: _call,
    LiveKind.AGENT_UPDATED: _agent,
    LiveKind.QUEUE_UPDATED: _queue,
}
