"""What the door promises on both engines."""

import asyncio
from datetime import UTC, datetime

from sqlmodel import Session, select

from callcrm.models import LiveEvent
from callcrm.store.door import Store, after_commit

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def put(subject: str, session: Session) -> int | None:
    event = LiveEvent(at=NOW, kind="test", subject=subject)
    session.add(event)
    session.flush()
    after_commit(session, subject)
    return event.id


def subjects(session: Session) -> list[str]:
    return list(session.exec(select(LiveEvent.subject).order_by(LiveEvent.subject)))


def test_what_was_written_is_read(store: Store) -> None:
    asyncio.run(store.write(lambda s: put("a", s)))
    assert store.read_now(subjects) == ["a"]
