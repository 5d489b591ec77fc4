"""Click-to-call: one click is at most one call, and what is not known is said, never tried again."""

from contextlib import suppress
from functools import partial
from typing import Protocol

from callcrm.base.clock import Clock
from callcrm.calls.outgoing import dial_requests
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import urls
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown
from callcrm.carrier.rest import RestClient
from callcrm.models import DialRequest
from callcrm.store.store import Store, StoreDown

DEADLINE = 5.0


class Services(Protocol):
    """The parts that placing a call needs."""

    @property
    def store(self) -> Store: ...

    @property
    def rest_client(self) -> RestClient: ...

    @property
    def runtime(self) -> CallRuntime: ...

    @property
    def clock(self) -> Clock: ...


async def place(services: Services, *, to: str, agent_id: str, by: str | None) -> str:
    """The id of a call that rings the agent and, once they answer, `to`.

    Refused or Conflict: not asked, or the carrier said no. CarrierDown: certainly not placed.
    CarrierUnknown: it may be ringing; the agent is held for a while and nothing is tried again.
    """
    begin = partial(
        dial_requests.begin,
        runtime=services.runtime,
        to=to,
        agent_id=agent_id,
        by=by,
        now=services.clock.now(),
    )
    placing = await services.store.write(begin, deadline=DEADLINE, lock=dial_requests.LOCK)
    sid = await _ask(services, placing)
    bind = partial(
        dial_requests.bind, runtime=services.runtime, placing_id=placing.id, sid=sid, now=services.clock.now()
    )
    try:
        return await services.store.write(bind, deadline=DEADLINE)
    except StoreDown:
        raise CarrierUnknown("the agent's phone is being rung, but that could not be written down") from None


async def _ask(services: Services, placing: DialRequest) -> str:
    base = f"{services.runtime.settings.public_url}{urls.ROOT}"
    try:
        return await services.rest_client.place_call(
            to=placing.target,
            from_=services.runtime.settings.numbers[0],
            url=f"{base}/outbound",
            status_url=f"{base}/status",
        )
    except CarrierUnknown:
        await _noted(services, partial(dial_requests.unanswered, placing_id=placing.id))
        raise
    except (CarrierRefused, CarrierDown):
        verb = partial(
            dial_requests.refused, placing_id=placing.id, agent_id=placing.agent_id, now=services.clock.now()
        )
        await _noted(services, verb)
        raise


async def _noted(services: Services, verb: partial[None]) -> None:
    """Without the store the wish stays open; the agent is let go all the same once no phone rings so long."""
    with suppress(StoreDown):
        await services.store.write(verb, deadline=DEADLINE)
