"""Somebody at the desk with a call to write about, over HTTP."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlmodel import Session

from callcrm.base.ids import new_id
from callcrm.models import Agent, AgentState, Call, CallState, Customer, Note
from tests.clocks import CLOCK
from tests.running_app import RunningApp
from tests.web.support.page_client import PageClient, do, sign_in

_numbers = count(1)


def add_call(app: RunningApp, agent_id: str, *, customer_id: str | None = None, speaking: bool = True) -> str:
    """A call this agent speaks on, or spoke on until just now."""
    now, number = app.services.clock.now(), next(_numbers)

    def add(session: Session) -> str:
        call = Call(
            id=new_id("call", CLOCK.now()),
            carrier_sid=f"CA{number:032}",
            direction="inbound",
            phone="+12025550134",
            state=CallState.IN_PROGRESS if speaking else CallState.ENDED,
            agent_id=agent_id,
            customer_id=customer_id,
            started_at=now,
            answered_at=now,
            ended_at=None if speaking else now,
        )
        session.add(call)
        agent = session.get_one(Agent, agent_id)
        agent.state = AgentState.ON_CALL if speaking else AgentState.AVAILABLE
        agent.call_id = call.id if speaking else None
        return call.id

    return str(do(app, add))


def add_customer(app: RunningApp, name: str) -> str:
    """A customer with this name."""
    now = app.services.clock.now()
    made = Customer(
        id=new_id("cus", now), name=name, search_text=name.lower(), created_at=now, updated_at=now
    )
    do(app, lambda session: session.add(made))
    return str(made.id)


@dataclass
class NoteWriter:
    """An agent whose page saves a note."""

    app: RunningApp
    visitor: PageClient
    call: str
    note: str = field(default_factory=lambda: new_id("note", CLOCK.now()))
    client_id: str = "h1"

    def save(self, text: str | bytes, **how: Any) -> Any:
        """The answer to a save of the note."""
        asked = {"call": self.call, "client_id": self.client_id, "edit_seq": 1, "version": 0, **how}
        query = "&".join(f"{name}={value}" for name, value in asked.items() if value is not None)
        return self.visitor.keep(f"/notes/{self.note}?{query}", text)

    @property
    def stored(self) -> Note | None:
        """What the store has of it."""
        return self.app.services.store.read_now(lambda session: session.get(Note, self.note))


def new_writer(app: RunningApp, name: str = "Ana Lane", **how: Any) -> NoteWriter:
    """Somebody new, speaking on a call."""
    visitor = sign_in(app, name, **how)
    return NoteWriter(app, visitor, add_call(app, visitor.id))
