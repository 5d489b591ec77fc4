"""A caller's turn without the store: the flow from memory, the operator for everything that needs more."""

from dataclasses import replace
from datetime import datetime

from callcrm.calls.house import House
from callcrm.calls.take import decided
from callcrm.carrier.events import Request
from callcrm.ivr import player
from callcrm.ivr.steps import Target
from callcrm.ledger.keep import Event
from callcrm.store.door import StoreDown


class Alone:
    """A world in which nobody can be asked: no agent is known, the operators are."""

    def __init__(self, house: House, request: Request, now: datetime) -> None:
        self.now = now
        self.operators = house.operators
        self.caller = house.to_e164(request.caller)
        self.bound = ""
        self._to_e164 = house.to_e164

    def number_from(self, keys: str) -> str | None:
        """The number somebody keyed in, if it is one that can be rung."""
        return self._to_e164(keys)

    def free_agent(self, queue: str, language: str) -> Target | None:
        """Nobody known."""
        raise StoreDown("nobody can be asked who is free")

    def staffed(self, queue: str) -> bool:
        """Not known; the player rides out one turn of waiting, then sends the caller to the operator."""
        raise StoreDown("nobody can be asked who is signed on")

    def agent_waits(self, queue: str, language: str) -> bool:
        """Not known."""
        raise StoreDown("nobody can be asked whose turn it is")


def turn(house: House, request: Request, now: datetime) -> tuple[str, Event]:
    """The document, and the event with our decision for the spool. The last resort needs nothing to work."""
    try:
        answer = player.respond(house.flows, request.place, request.input, Alone(house, request, now))
        document = house.renderer.render(answer)
    except Exception:
        return house.last_resort, replace(request.event, answer=house.last_resort)
    facts = decided(request.event.facts, answer)
    return document, replace(request.event, facts=facts, answer=document)
