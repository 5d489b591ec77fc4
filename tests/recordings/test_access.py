"""Who may hear what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.models import Call, Leg, Promise, Recording, User
from callcrm.recordings.access import hearable_ids, may_hear
from callcrm.store.store import Store
from tests.recordings.recorded_call import NOON, agent, call_with_recording, recording


def people(store: Store, **queues: Any) -> None:
    def verb(session: Session) -> None:
        for name in ("sara", "omid"):
            agent(session, name, queues=queues.get(name))

    store.write_now(verb)


def hears(store: Store, user_id: str | None, role: str = "agent") -> bool:
    row = recording(store)
    return store.read_now(lambda session: may_hear(session, user_id, role, row))


def owed(**fields: Any) -> Promise:
    """Omid's promise to answer the message."""
    values = {"id": "pr_1", "kind": "voicemail", "call_id": "call_1", "owner_id": "omid"}
    return Promise(**{**values, "due_at": NOON, "created_at": NOON, **fields})


def add(store: Store, row: object) -> None:
    store.write_now(lambda session: session.add(row))


@pytest.mark.parametrize("role", ["supervisor", "admin"])
def test_supervisors_hear_everything(store: Store, role: str) -> None:
    call_with_recording(store)
    assert hears(store, None, role)


def test_an_agent_hears_the_call_they_answered_and_nobody_else_s(store: Store) -> None:
    people(store)
    call_with_recording(store, answered_by="sara")
    assert (hears(store, "sara"), hears(store, "omid")) == (True, False)


def test_an_agent_whose_phone_only_rang_does_not_hear_it(store: Store) -> None:
    people(store)
    call_with_recording(store, answered_by="sara")
    add(store, Leg(carrier_sid="CA2", call_id="call_1", agent_id="omid", rang_at=NOON))
    assert not hears(store, "omid")


def test_an_agent_the_call_was_handed_to_hears_it(store: Store) -> None:
    people(store)
    call_with_recording(store, answered_by="sara")
    add(store, Leg(carrier_sid="CA2", call_id="call_1", agent_id="omid", answered_at=NOON))
    assert hears(store, "omid")


def test_a_voicemail_is_heard_by_those_who_serve_its_queue(store: Store) -> None:
    people(store, sara=["support"], omid=["sales"])
    call_with_recording(store, queue="support", kind="voicemail")
    assert (hears(store, "sara"), hears(store, "omid")) == (True, False)


def test_a_voicemail_somebody_owns_is_theirs_alone(store: Store) -> None:
    people(store)
    call_with_recording(store, queue="support", kind="voicemail")
    add(
        store,
        Promise(id="pr_1", kind="voicemail", call_id="call_1", owner_id="omid", due_at=NOON, created_at=NOON),
    )
    assert (hears(store, "sara"), hears(store, "omid")) == (False, True)


@pytest.mark.parametrize(
    ("giver", "heard"), [("sara", True), ("boss", True), ("omid", False), ("peer", False), (None, False)]
)
def test_a_promise_opens_a_message_only_by_somebody_who_may_hear_it(
    store: Store, giver: str | None, heard: bool
) -> None:
    people(store, sara=["support"], omid=["sales"])

    def add_givers(session: Session) -> None:
        agent(session, "peer", queues=["sales"])
        session.add(User(id="boss", email="boss", name="boss", role="supervisor", created_at=NOON))

    store.write_now(add_givers)
    call_with_recording(store, queue="support", kind="voicemail")
    add(store, owed(assigned_by=giver))
    assert hears(store, "omid") is heard


@pytest.mark.parametrize(("phone", "heard"), [("+12025550123", True), ("+12025550124", False)])
def test_a_message_that_fell_to_who_spoke_with_the_number_last_is_theirs(
    store: Store, phone: str, heard: bool
) -> None:
    people(store, sara=["support"], omid=["sales"])
    call_with_recording(store, queue="support", kind="voicemail")
    before = NOON - timedelta(days=1)
    spoke: dict[str, Any] = {
        "direction": "inbound",
        "state": "ended",
        "outcome": "answered",
        "started_at": before,
    }
    add(store, Call(id="call_0", carrier_sid="CA0", phone=phone, agent_id="omid", **spoke))
    store.write_now(lambda session: setattr(session.get_one(Call, "call_1"), "phone", "+12025550123"))
    add(store, owed())
    assert hears(store, "omid") is heard


def test_a_message_that_is_part_of_a_promise_is_its_owner_s(store: Store) -> None:
    people(store)
    call_with_recording(store, queue="support", kind="voicemail")
    add(store, owed(id="head", kind="missed", call_id=None))
    add(store, owed(id="part", owner_id=None, part_of="head"))
    assert (hears(store, "sara"), hears(store, "omid")) == (False, True)


def test_a_token_of_nobody_hears_nothing_as_an_agent(store: Store) -> None:
    call_with_recording(store, kind="voicemail")
    assert not hears(store, None)


def test_an_unknown_role_hears_nothing(store: Store) -> None:
    people(store)
    call_with_recording(store, answered_by="sara")
    assert not hears(store, "sara", "visitor")


def test_what_was_deleted_is_heard_by_nobody(store: Store) -> None:
    call_with_recording(store, status="deleted")
    assert not hears(store, None, "admin")


def test_many_recordings_are_asked_about_at_once(store: Store, statements: Callable[[], Any]) -> None:
    people(store, sara=["support"])
    call_with_recording(store, answered_by="sara")

    def others(session: Session) -> None:
        for number in range(2, 12):
            session.add(
                Call(
                    id=f"call_{number}",
                    carrier_sid=f"CA{number}",
                    direction="inbound",
                    state="ended",
                    started_at=NOON,
                )
            )
            session.flush()
            kind = "voicemail" if number % 2 else "call"
            session.add(
                Recording(
                    id=f"rec_{number}",
                    call_id=f"call_{number}",
                    carrier_sid=f"RE{number}",
                    kind=kind,
                    created_at=NOON,
                )
            )

    store.write_now(others)
    rows = store.read_now(lambda session: list(session.exec(select(Recording)).all()))
    with statements() as seen:
        hearable = store.read_now(lambda session: hearable_ids(session, "sara", "agent", rows))
    assert hearable == {"rec_1", "rec_3", "rec_5", "rec_7", "rec_9", "rec_11"}
    assert len(seen) == 1
