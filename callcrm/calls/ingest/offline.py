"""Answering a call-flow request without the store: the flow from memory, and operators instead of agents."""

from dataclasses import replace
from datetime import datetime

import structlog

from callcrm.calls.ingest.ingest import with_answer
from callcrm.calls.runtime import CallRuntime
from callcrm.carrier.events import FlowRequest
from callcrm.ivr import player
from callcrm.ivr.steps import Target
from callcrm.ledger.event_store import Event
from callcrm.store.store import StoreDown

log = structlog.get_logger()


class OfflineContext:
    """A context for the player that knows no agent and no queue, but the operators."""

    def __init__(self, runtime: CallRuntime, request: FlowRequest, now: datetime) -> None:
        self.now = now
        self.operators = runtime.operators
        self.caller = runtime.to_e164(request.caller)
        self.destination = ""
        # Not to be had without the store, and of very few: a number of a menu is rung for everybody.
        self.is_restricted = False
        self.survey = ""  # who can't be looked up is not asked
        self._number_to_ring_back = runtime.number_to_ring_back

    def parse_number(self, keys: str) -> str | None:
        """The E.164 form of the digits keyed in; None if they are no number that can be rung."""
        return self._number_to_ring_back(keys)

    def queue_for(self, queue: str) -> str:
        """The same queue: nobody knows whose it is."""
        return queue

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """Raises StoreDown: agents can't be claimed without the store."""
        raise StoreDown("nobody can be asked who is free")

    def is_staffed(self, queue: str) -> bool:
        """Raises StoreDown; the player lets one waiting turn pass, then rings the operators."""
        raise StoreDown("nobody can be asked who is signed on")

    def agent_available(self, queue: str, language: str) -> bool:
        """Raises StoreDown."""
        raise StoreDown("nobody can be asked whose turn it is")


def answer_request(runtime: CallRuntime, request: FlowRequest, now: datetime) -> Event:
    """The event of the request, with the decision and its TwiML, to be spooled."""
    try:
        answer = player.respond(
            runtime.flows, request.position, request.flow_event, OfflineContext(runtime, request, now)
        )
        document = runtime.renderer.render(answer)
    except Exception:
        log.exception("the operators were the way out, without the store", call=request.event.root_sid)
        return replace(request.event, answer=runtime.last_resort)
    if answer.fault not in ("", StoreDown.__name__):  # that the store is away is logged where it was asked
        log.warning("the flow had to go another way", fault=answer.fault, call=request.event.root_sid)
    facts = with_answer(request.event.facts, answer)
    return replace(request.event, facts=facts, answer=document)
