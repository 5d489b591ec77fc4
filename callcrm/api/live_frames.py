"""Live events as frames of server-sent events, rendered once and shared by all streams of one language.

Whoever may not know all that others are told gets a frame of their own.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from weakref import WeakKeyDictionary

import structlog
from pydantic import BaseModel
from sqlmodel import Session

from callcrm.agents import roster
from callcrm.api.http.context import ApiContext, to_json
from callcrm.base.errors import NotFound, fault_fields
from callcrm.calls import search
from callcrm.crm.noun import Reader
from callcrm.customers import customers
from callcrm.live.hub import Hub
from callcrm.live.kinds import LiveKind
from callcrm.live.listener import Item
from callcrm.routing.queue_status import queue_statuses
from callcrm.store.errors import is_outage
from callcrm.views.objects import render, shapes

KEPT = 512
log = structlog.get_logger()
Key = tuple[int, str, str | None]  # the id of an announcement, a language, and whose it is, None: everybody's


@dataclass(frozen=True, slots=True)
class Frame:
    """The text of a frame, None if its subject is gone; and the users for whom it is another one."""

    text: str | None
    differs_for: frozenset[str] = frozenset()


class Frames:
    """The latest frames of one hub, by announcement and language."""

    def __init__(self) -> None:
        self._frames: OrderedDict[Key, asyncio.Future[Frame]] = OrderedDict()

    async def of(self, context: ApiContext, item: Item) -> str | None:
        """The `event:` and `data:` lines of an announcement; None if its subject is gone."""
        shared = await self._of(context, item, None)
        user = context.principal.user_id
        return shared.text if user not in shared.differs_for else (await self._of(context, item, user)).text

    async def _of(self, context: ApiContext, item: Item, user: str | None) -> Frame:
        key = item.event_id, context.reader.locale.language, user
        frame = self._frames.get(key)
        if frame is None:
            reader = context.reader
            if user is None:
                reader = replace(reader, user=replace(reader.user, user_id=None))
            frame = self._frames[key] = asyncio.ensure_future(_frame(context, reader, item))
            frame.add_done_callback(lambda done: self._forget_fault(key, done))
            if len(self._frames) > KEPT:
                self._frames.popitem(last=False)
        # One client who leaves must not take the others' frame along.
        return await asyncio.shield(frame)

    def _forget_fault(self, key: Key, done: "asyncio.Future[Frame]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._frames.pop(key, None)


_by_hub: WeakKeyDictionary[Hub, Frames] = WeakKeyDictionary()


def frames_of(hub: Hub) -> Frames:
    """The frames shared by all clients of this hub."""
    return _by_hub.setdefault(hub, Frames())


async def _frame(context: ApiContext, reader: Reader, item: Item) -> Frame:
    render_subject, services = RENDERERS.get(item.kind), context.services
    if render_subject is None:
        return Frame(None)

    def verb(session: Session, context: ApiContext) -> Frame:
        try:
            subject = render_subject(session, context, reader, item.subject)
        except NotFound:
            return Frame(None)
        text = f"event: {item.kind}\ndata: {to_json(subject, prefix=context.prefix)}\n\n"
        return Frame(text, _differs_for(session, context, subject))

    if item.kind == LiveKind.CALL_ENDED:
        await services.backlog.caught_up()  # what the call left owing is part of it
    try:
        return await services.store.read(partial(verb, context=context))
    except Exception as fault:
        if is_outage(fault):
            raise
        log.error("a live event goes without what nouns say", kind=item.kind, **fault_fields(fault))
    plain = replace(context, seams=context.seams.without_customer_fields)
    return await services.store.read(partial(verb, context=plain))


def _differs_for(session: Session, context: ApiContext, subject: BaseModel) -> frozenset[str]:
    """The users who may know less, or other things, of the subject's customer than everybody else."""
    customer = getattr(subject, "customer", None)
    if customer is None:
        return frozenset()
    fields = (field.differs_for for field in context.seams.customer_fields if field.differs_for)
    return frozenset(user for differs_for in fields for user in differs_for(session, customer.id))


def _call(session: Session, context: ApiContext, reader: Reader, call_id: str) -> BaseModel:
    row = search.call(session, call_id)
    shape = render.call(session, row)
    customer = None
    if row.customer_id:
        customer_row = customers.get(session, row.customer_id)
        customer = render.customer(session, reader, context.seams, customer_row)
    return shapes.LiveCall(call=shape, customer=customer, candidates=shape.candidates)


def _agent(session: Session, context: ApiContext, _reader: Reader, agent_id: str) -> BaseModel:
    return shapes.LiveAgent(agent=render.agent(*roster.get_agent(session, agent_id), context.now))


def _queue(session: Session, context: ApiContext, _reader: Reader, name: str) -> BaseModel:
    by_name = {status.name: status for status in queue_statuses(session, context.now, [name])}
    return shapes.LiveQueue(queue=shapes.Queue(**asdict(by_name[name])))


Renderer = Callable[[Session, ApiContext, Reader, str], BaseModel]
# The kinds the API sends; a kind that is not here is for pages alone.
RENDERERS: dict[str, Renderer] = {
    LiveKind.CALL_OFFERED: _call,
    LiveKind.CALL_UPDATED: _call,
    LiveKind.CALL_ENDED: _call,
    LiveKind.AGENT_UPDATED: _agent,
    LiveKind.QUEUE_UPDATED: _queue,
}
