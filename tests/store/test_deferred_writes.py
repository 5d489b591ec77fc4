"""Rows that travel with the commit: nobody but a clock can tell them from rows written at once."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Table, bindparam, insert, text
from sqlmodel import Session, col, func, select

from callcrm.base.errors import Refused
from callcrm.models import LiveEvent, User
from callcrm.store import deferred_writes
from callcrm.store.store import Store, after_commit
from tests.store.verbs import NOW, outcomes, subjects

EVENT: Table = LiveEvent.__table__  # type: ignore[attr-defined]
USER: Table = User.__table__  # type: ignore[attr-defined]
TOLD = insert(EVENT).returning(EVENT.c.id)
NAMED = insert(USER).values(name=func.upper(bindparam("spoken", type_=USER.c.name.type)) + "!")


def event(session: Session, subject: str, then: Callable[[Any], None] | None = None) -> None:
    values = {"at": NOW, "kind": "test", "subject": subject, "to": ["usr_1"], "supervisors": False}
    deferred_writes.write_deferred(session, TOLD, values, then)


def events(*subjects: str) -> Callable[[Session], None]:
    """A verb that puts these, and publishes what it is told of them."""

    def verb(session: Session) -> None:
        for subject in subjects:
            event(session, subject, lambda key: after_commit(session, key))

    return verb


def user(session: Session, name: str) -> None:
    values = {"id": f"usr_{name}", "email": "same@example.com", "role": "agent", "created_at": NOW}
    deferred_writes.write_deferred(
        session, NAMED, {**values, "language": "en", "theme": "system", "shortcuts": True, "spoken": name}
    )


def test_rows_are_there_after_the_commit_as_if_written_at_once(store: Store) -> None:
    store.write_now(events("a", "b"))
    (first, second) = store.read_now(lambda s: s.exec(select(LiveEvent).order_by(col(LiveEvent.id))).all())
    assert (first.subject, first.at, first.to, second.subject) == ("a", NOW, ["usr_1"], "b")


def test_the_verbs_next_statement_sees_them(store: Store) -> None:
    def verb(session: Session) -> list[str]:
        event(session, "a")
        return subjects(session)

    assert store.write_now(verb) == ["a"]


def test_what_the_database_tells_is_published_after_the_commit(store: Store, published: list[object]) -> None:
    store.write_now(events("a", "b"))
    assert published == store.read_now(
        lambda s: s.exec(select(LiveEvent.id).order_by(col(LiveEvent.id))).all()
    )


def test_what_a_verb_put_is_undone_with_it_and_does_not_come_later(store: Store) -> None:
    def verb(session: Session) -> None:
        event(session, "lost")
        raise KeyError

    for _ in range(8):
        with pytest.raises(KeyError):
            store.write_now(verb)
    store.write_now(lambda s: event(s, "kept"))
    assert store.read_now(subjects) == ["kept"]


def test_a_row_that_does_not_fit_undoes_its_verb_alone(store: Store, published: list[object]) -> None:
    def verb(session: Session) -> None:
        event(session, "lost", lambda key: after_commit(session, key))
        user(session, "Ana")

    results = outcomes(store.write(verb), store.write(verb), store.write(lambda s: event(s, "kept")))
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert sorted(store.read_now(subjects)) == ["kept", "lost"]
    assert len(published) == 1


def test_who_swallows_that_a_row_did_not_fit_is_not_done(store: Store) -> None:
    def verb(session: Session) -> None:
        user(session, "Ana")
        event(session, "lost")
        with suppress(Exception):
            session.execute(text("SELECT 1"))

    store.write_now(lambda s: user(s, "Omar"))
    with pytest.raises(Exception, match=r"swallowed|UNIQUE"):
        store.write_now(verb)
    assert store.read_now(subjects) == []


@pytest.mark.parametrize("subject", ["x" * 65, "a\0b"])
def test_what_no_column_takes_is_refused(store: Store, subject: str) -> None:
    with pytest.raises(Refused):
        store.write_now(lambda s: event(s, subject))
    assert store.read_now(subjects) == []


def test_an_insert_may_work_a_column_out(store: Store) -> None:
    store.write_now(lambda s: user(s, "Ana"))
    assert store.read_now(lambda s: s.exec(select(User.name)).one()) == "ANA!"


def test_those_who_watch_the_statements_see_them(store: Store, statements: Callable[[], Any]) -> None:
    with statements() as seen:
        store.write_now(events("a", "b"))
    assert ["INSERT INTO live_event" in statement for statement in seen] == [True, True]


@pytest.mark.engine("postgresql")
def test_who_loses_a_race_at_the_commit_is_run_again(store: Store) -> None:
    runs: list[str] = []

    def verb(session: Session) -> None:
        runs.append("run")
        if not session.exec(select(User.id)).all() or len(runs) == 1:
            user(session, "Ana")

    store.write_now(lambda s: user(s, "Omar"))
    store.write_now(verb)
    assert runs == ["run", "run"]
