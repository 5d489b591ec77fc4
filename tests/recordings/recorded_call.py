"""A call with a recording that is still at the carrier, for tests."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from callcrm.models import Agent, Call, Recording, User
from callcrm.store.store import Store

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def agent(session: Session, name: str, **more: Any) -> None:
    """Adds a user who is an agent."""
    session.add(User(id=name, email=f"{name}@example.com", name=name.title(), role="agent", created_at=NOON))
    session.flush()
    session.add(Agent(id=name, since=NOON, **more))


def call_with_recording(
    store: Store, *, answered_by: str | None = None, queue: str | None = None, **recording: Any
) -> None:
    """Call `call_1`, ended, with recording `RE1`."""

    def verb(session: Session) -> None:
        session.add(
            Call(
                id="call_1",
                carrier_sid="CA1",
                direction="inbound",
                state="ended",
                started_at=NOON,
                agent_id=answered_by,
                queue=queue,
            )
        )
        session.flush()
        values = {"id": "rec_1", "call_id": "call_1", "carrier_sid": "RE1", "kind": "call"} | recording
        session.add(Recording(created_at=NOON, **values))

    store.write_now(verb)


def recording(store: Store, sid: str = "RE1") -> Recording:
    """The recording's row as it is now."""
    return store.read_now(
        lambda session: session.exec(select(Recording).where(Recording.carrier_sid == sid)).one()
    )
