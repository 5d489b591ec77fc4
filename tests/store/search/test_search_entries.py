"""Search entries follow their rows, whoever writes them: always what a fill of the whole store would make."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, delete, select, update

from callcrm.base.words import search_text
from callcrm.models import Call, Customer, CustomerPhone, Message, Note
from callcrm.notes import notes
from callcrm.store.derived import triggers
from callcrm.store.search.catch_up import catch_up
from callcrm.store.store import Store
from tests.shop import ANA, BEN, Shop, at

STRANGER = "+12025550177"


def entries(session: Session) -> set[tuple[Any, ...]]:
    """Kind, subject, second and words of every entry, once what is due is in."""
    while catch_up(session):
        pass
    words = "text" if session.get_bind().dialect.name == "sqlite" else "CAST(vector AS text)"
    rows = session.connection().execute(text(f"SELECT kind, subject_id, id >> 28, {words} FROM search_entry"))
    return {tuple(row) for row in rows}


def touches(session: Session) -> set[tuple[Any, ...]]:
    """When each customer was in touch."""
    rows = session.connection().execute(text("SELECT customer_id, at FROM customer_touch"))
    return {tuple(map(str, row)) for row in rows}


def assert_in_step(store: Store) -> None:
    """The entries are what a fill makes, and so is SQLite's index."""

    def verb(session: Session) -> None:
        driver: Any = session.connection().connection.driver_connection
        if store.dialect == "sqlite":
            driver.execute("INSERT INTO search_fts (search_fts, rank) VALUES ('integrity-check', 1)")
        kept = entries(session), touches(session)
        triggers.fill(driver, on_sqlite=store.dialect == "sqlite")
        assert kept[0] == entries(session)
        assert kept[1] == touches(session)

    store.write_now(verb)


def _words(entry: str) -> set[str]:
    return set(entry.replace("'", "").split())


def test_entries_of_new_rows(shop: Shop) -> None:
    mina = shop.customer("Mina Halloran", ANA, BEN)
    call = shop.answered(ANA, 3, customer_id=mina)
    shop.note(call, "Asked about the duvet.", 4)
    shop.message(ANA, 5, search_text="thank you", customer_id=mina)
    stored = {(kind, words) for kind, _, _, words in shop.do(entries)}
    assert any(kind == "call" and {"mina", "halloran", "duvet"} <= _words(words) for kind, words in stored)
    assert any(kind == "customer" and "#1202" in words and "#0123" in words for kind, words in stored)
    assert {kind for kind, _ in stored} == {"call", "customer", "note", "message"}
    assert_in_step(shop.store)


CHANGES: dict[str, Callable[[Session, str, str], object]] = {
    "a name": lambda s, customer, call: s.exec(
        update(Customer).where(Customer.id == customer).values(search_text="wilma")  # type: ignore[arg-type]
    ),
    "a number": lambda s, customer, call: s.add(CustomerPhone(customer_id=customer, e164=STRANGER, raw="x")),
    "a number less": lambda s, customer, call: s.exec(delete(CustomerPhone)),
    "another customer": lambda s, customer, call: s.exec(update(Call).values(customer_id=None)),
    "the start": lambda s, customer, call: s.exec(update(Call).values(started_at=at(-3))),
    "the number": lambda s, customer, call: s.exec(update(Call).values(phone=STRANGER)),
    "a note": lambda s, customer, call: s.exec(update(Note).values(search_text="sofa covers")),
    "a note's call": lambda s, customer, call: s.exec(
        update(Note).values(call_id=None, customer_id=customer)
    ),
    "a note less": lambda s, customer, call: s.exec(delete(Note)),
    "a message": lambda s, customer, call: s.exec(
        update(Message).values(search_text="hello", phone=STRANGER)
    ),
    "a message less": lambda s, customer, call: s.exec(delete(Message)),
    "a message's customer": lambda s, customer, call: s.exec(update(Message).values(customer_id=None)),
    "another note": lambda s, customer, call: notes.add_note(
        s, call, author="Mia", author_id=None, body="and a pillow", now=at(9)
    ),
    "a call less": lambda s, customer, call: (s.exec(delete(Note)), s.exec(delete(Call))),
    "a customer less": lambda s, customer, call: (
        s.exec(update(Call).values(customer_id=None)),
        s.exec(update(Note).values(customer_id=None)),
        s.exec(update(Message).values(customer_id=None)),
        s.exec(delete(Customer)),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_entries_follow_every_change(shop: Shop, change: str) -> None:
    mina = shop.customer("Mina Halloran", ANA)
    call = shop.answered(ANA, 3, customer_id=mina)
    shop.note(call, "Asked about the duvet.", 4)
    shop.message(ANA, 5, customer_id=mina, search_text="thank you")
    before = shop.do(entries)
    shop.do(CHANGES[change], mina, call)
    after = shop.do(entries)
    assert after != before or change == "a message's customer"
    assert_in_step(shop.store)


def test_entries_follow_a_busy_day(shop: Shop) -> None:
    chance, people = random.Random(7), [shop.customer(f"Person {n}", f"+120255501{n:02}") for n in range(4)]
    calls = [shop.answered(f"+120255501{n % 4:02}", n, customer_id=people[n % 4]) for n in range(8)]
    for step in range(25):
        match chance.randrange(4):
            case 0:
                shop.note(chance.choice(calls), f"word{step}", step)
            case 1:
                shop.change(chance.choice(people), name=f"Name {step}")
            case 2:
                shop.assign(chance.choice(calls), chance.choice([*people, None]))
            case 3:
                shop.change(chance.choice(people), phones=[f"+120255501{chance.randrange(8):02}"])
    assert_in_step(shop.store)


def test_a_rolled_back_verb_leaves_no_entry(shop: Shop) -> None:
    def verb(session: Session) -> None:
        session.add(Note(id="n", author="Mia", body="x", search_text=search_text("ghost"), created_at=at(1)))
        session.flush()
        raise LookupError

    with pytest.raises(LookupError):
        shop.do(verb)
    assert shop.do(entries) == set()
    assert shop.do(lambda session: session.exec(select(Note)).all()) == []
