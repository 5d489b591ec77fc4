"""What we owe, in the order it is to be worked off."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from callcrm.crm.promises import worklist
from callcrm.models import Promise, PromiseState, User
from callcrm.store.store import Store
from tests.shop import NOON, at


def stock(session: Session) -> None:
    """Five open promises, one of them nobody's, and two kept."""
    for name in ("ana", "ben"):
        session.add(User(id=name, email=name, name=name, role="agent", created_at=NOON))
    session.flush()
    for name, owner, due in (
        ("p1", "ana", 40),
        ("p2", "ana", -10),
        ("p3", "ben", -30),
        ("p4", None, -20),
        ("p5", "ana", 40),
    ):
        session.add(_promise(name, owner, due))
    for name, closed in (("k1", -50), ("k2", -5)):
        session.add(_promise(name, "ana", -60, state="kept", closed_at=at(closed)))
    session.flush()


def _promise(name: str, owner: str | None, due: float, **more: str | datetime) -> Promise:
    defaults: dict[str, Any] = {
        "id": name,
        "kind": "promised",
        "owner_id": owner,
        "due_at": at(due),
        "created_at": at(-90),
    }
    return Promise(**{**defaults, **more})


def ids(session: Session, **filters: object) -> list[str]:
    """The ids of what is owed."""
    # Its keywords.
    return [promise.id for promise in worklist.worklist(session, reader=None, **filters)]  # type: ignore[arg-type]


def test_the_latest_comes_first(store: Store) -> None:
    store.write_now(stock)
    assert store.read_now(ids) == ["p3", "p4", "p2", "p1", "p5"]


def test_what_is_kept_comes_in_the_order_it_was(store: Store) -> None:
    store.write_now(stock)
    assert store.read_now(lambda session: ids(session, state=PromiseState.KEPT)) == ["k2", "k1"]


def test_mine_and_nobody_s_are_apart(store: Store) -> None:
    store.write_now(stock)
    assert store.read_now(lambda session: ids(session, owner="ana")) == ["p2", "p1", "p5"]
    assert store.read_now(lambda session: ids(session, owner=worklist.NOBODY)) == ["p4"]
    assert store.read_now(lambda session: worklist.tally(session, "ana")) == {
        "mine": 3,
        "nobody": 1,
        "all": 5,
    }


def test_pages_lead_through_every_promise_once_and_back(store: Store) -> None:
    store.write_now(stock)
    behind = (at(40), "p1")
    assert store.read_now(lambda session: ids(session, key=behind)) == ["p5"]
    before = store.read_now(lambda session: ids(session, key=behind, back=True, limit=2))
    assert before == ["p2", "p4"]


def test_an_agent_s_late_ones_are_theirs_and_nobody_s(store: Store) -> None:
    store.write_now(stock)
    assert store.read_now(lambda session: worklist.count_late(session, NOON, owner="ana", reader="ana")) == 2
    assert store.read_now(lambda session: worklist.count_late(session, NOON, owner=None, reader=None)) == 3
