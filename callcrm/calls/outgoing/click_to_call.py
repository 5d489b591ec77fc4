"""Click-to-call: a click places at most one call. A call whose fate is unknown is never placed again."""

from functools import partial
from typing import Protocol

import structlog

from callcrm.base.clock import Clock
from callcrm.base.errors import fault_fields
from callcrm.calls.outgoing import dial_requests, limits
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier import urls
from callcrm.carrier.errors import CarrierDown, CarrierRefused, CarrierUnknown
from callcrm.carrier.rest import RestClient
from callcrm.models import DialRequest
from callcrm.store.store import Store, StoreDown

DEADLINE = 5.0
log = structlog.get_logger()


class Services(Protocol):
    """The services that placing a call needs."""

    @property
    def store(self) -> Store: ...

    @property
    def rest_client(self) -> RestClient: ...

    @property
    def runtime(self) -> CallRuntime: ...

    @property
    def clock(self) -> Clock: ...


async def place(services: Services, *, to: str, agent_id: str, by: str | None, override: str = "") -> str:
    """The id of the new call: it rings the agent and, once they answer, `to`.

    `override` is a supervisor's reason to ring a customer whom conduct leaves to somebody else.
    Refused or Conflict: not requested, or refused by the carrier. CarrierDown: certainly not placed.
    CarrierUnknown: it may be ringing; the agent stays claimed for a while.
    """
    begin = partial(
        dial_requests.create,
        runtime=services.runtime,
        to=to,
        agent_id=agent_id,
        by=by,
        now=services.clock.now(),
        override=override,
    )
    dial_request = await services.store.write(begin, deadline=DEADLINE, lock=limits.LOCK)
    sid = await _ask(services, dial_request)
    bind = partial(
        dial_requests.record_placed,
        runtime=services.runtime,
        request_id=dial_request.id,
        sid=sid,
        now=services.clock.now(),
    )
    try:
        return await services.store.write(bind, deadline=DEADLINE)
    except StoreDown as fault:
        log.warning("a call out that is being made was not written down", call=sid, **fault_fields(fault))
        raise CarrierUnknown("the agent's phone is being rung, but that could not be written down") from None


async def _ask(services: Services, dial_request: DialRequest) -> str:
    base = f"{services.runtime.settings.public_url}{urls.ROOT}"
    try:
        return await services.rest_client.place_call(
            to=dial_request.target,
            from_=services.runtime.settings.numbers[0],
            url=f"{base}/outbound",
            status_url=f"{base}/status",
            call_seconds=services.runtime.settings.call_seconds,
        )
    except CarrierUnknown:
        await _write_if_up(services, partial(dial_requests.mark_unknown, request_id=dial_request.id))
        raise
    except (CarrierRefused, CarrierDown):
        verb = partial(
            dial_requests.mark_refused,
            request_id=dial_request.id,
            agent_id=dial_request.agent_id,
            now=services.clock.now(),
        )
        await _write_if_up(services, verb)
        raise


async def _write_if_up(services: Services, verb: partial[None]) -> None:
    """While the store is down the dial request stays open; a periodic job releases the agent later."""
    try:
        await services.store.write(verb, deadline=DEADLINE)
    except StoreDown as fault:
        log.warning("how a call out ended was not written down", **fault_fields(fault))
