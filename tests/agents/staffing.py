"""Agents, customers and calls of a small call centre, put straight into the store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlmodel import Session, select

from callcrm.models import Agent, Call, Customer, LiveEvent, User
from callcrm.store.store import Store

Args = ParamSpec("Args")
Result = TypeVar("Result")

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


class Floor:
    """The floor of a call centre: runs every verb in a transaction of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def do(
        self, verb: Callable[Concatenate[Session, Args], Result], *args: Args.args, **kwargs: Args.kwargs
    ) -> Result:
        """What the verb returns, once it is committed."""
        return self._store.write_now(lambda session: verb(session, *args, **kwargs))

    def agent(self, name: str) -> Agent:
        """The agent's row."""
        return self.do(lambda session: session.get_one(Agent, name))

    def live_events(self) -> list[LiveEvent]:
        """All live events announced so far."""
        return self.do(lambda session: list(session.exec(select(LiveEvent).order_by("id"))))


def hire(session: Session, /, name: str, *, number: str | None = "+12025550111", **fields: Any) -> str:
    """The id of a new agent, available since noon unless `fields` say otherwise."""
    user = User(
        id=name,
        email=f"{name}@example.com",
        name=name.title(),
        role="agent",
        number=number,
        created_at=NOON,
    )
    session.add(user)
    session.flush()
    session.add(Agent(id=name, **{"state": "available", "since": NOON, **fields}))
    session.flush()
    return name


def call(session: Session, /, name: str, **fields: Any) -> str:
    """The id of a new inbound call, arrived at noon."""
    defaults = {
        "id": name,
        "carrier_sid": f"CA{name}",
        "direction": "inbound",
        "state": "ivr",
        "started_at": NOON,
    }
    session.add(Call(**{**defaults, **fields}))
    session.flush()
    return name


def waiting_call(session: Session, /, name: str, seconds: float, queue: str = "sales", **fields: Any) -> str:
    """The id of a call in a queue since so many seconds after noon, heard of just then."""
    since = at(seconds)
    return call(
        session,
        name,
        **{"state": "queued", "queue": queue, "queued_at": since, "last_event_at": since, **fields},
    )


def customer(session: Session, /, name: str, **fields: Any) -> str:
    """The id of a new customer."""
    session.add(Customer(id=name, name=name, search_text=name, created_at=NOON, updated_at=NOON, **fields))
    session.flush()
    return name
