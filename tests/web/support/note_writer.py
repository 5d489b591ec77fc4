"""An agent who writes a note on a call, over HTTP."""

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
    """Adds a call this agent speaks on or, without `speaking`, has just ended; its id."""
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
    """Adds a customer with this name; their id."""
    now = app.services.clock.now()
    customer = Customer(
        id=new_id("cus", now), name=name, search_text=name.lower(), created_at=now, updated_at=now
    )
    do(app, lambda session: session.add(customer))
    return str(customer.id)


@dataclass
class NoteWriter:
    """An agent's page that saves a note on a call."""

    app: RunningApp
    client: PageClient
    call: str
    note: str = field(default_factory=lambda: new_id("note", CLOCK.now()))
    client_id: str = "h1"

    def save(self, text: str | bytes, **more: Any) -> Any:
        """The response to a save of the note; `more` overrides query parameters, None leaves one out."""
        values = {"call": self.call, "client_id": self.client_id, "edit_seq": 1, "version": 0, **more}
        query = "&".join(f"{name}={value}" for name, value in values.items() if value is not None)
        return self.client.put_text(f"/notes/{self.note}?{query}", text)

    @property
    def stored(self) -> Note | None:
        """The note in the store, if there is one."""
        return self.app.services.store.read_now(lambda session: session.get(Note, self.note))


def new_writer(app: RunningApp, name: str = "Ana Lane", **options: Any) -> NoteWriter:
    """A new agent who speaks on a call; `options` as `sign_in` takes them."""
    client = sign_in(app, name, **options)
    return NoteWriter(app, client, add_call(app, client.id))
