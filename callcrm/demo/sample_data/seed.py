"""A fresh store filled with half a year: all of it at once, the same for the same seed and moment."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Table, insert
from sqlmodel import Session, SQLModel

from callcrm.base.ids import derived_id
from callcrm.base.text import fold
from callcrm.calls.runtime import CallRuntime
from callcrm.demo.sample_data import sample_texts
from callcrm.demo.sample_data.call_plan import Clips, plan
from callcrm.demo.sample_data.call_shapes import tell
from callcrm.demo.sample_data.people import AGENTS, LINE, PASSWORD, STAFF, Person, customers
from callcrm.demo.sample_data.rows import Answered, DemoRows, Row
from callcrm.models import AgentState, Outcome, PromiseKind, PromiseState

ORDER = (
    "user",
    "agent",
    "state_change",
    "customer",
    "customer_phone",
    "carrier_event",
    "call",
    "leg",
    "pop",
    "consent",
    "recording",
    "note",
    "promise",
    "message",
)

FORGOTTEN = timedelta(days=3)  # after which somebody has closed what is still open
# A strong hash would be half of the start; this password is printed for everybody to see.
_hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))


def fill(session: Session, runtime: CallRuntime, clips: Clips, now: datetime, seed: int) -> None:
    """Everything there is to see, written into an empty store."""
    tables = everything(runtime, clips, now, seed)
    connection = session.connection()
    for name in ORDER:
        table: Table = SQLModel.metadata.tables[name]
        if tables[name]:
            connection.execute(insert(table), tables[name])


def everything(runtime: CallRuntime, clips: Clips, now: datetime, seed: int) -> Mapping[str, Sequence[Row]]:
    """The rows of every table."""
    random, now = Random(seed), now.replace(microsecond=0)
    people = customers(random)
    book = DemoRows(runtime, random, people, _holders(people))
    _staff(book.tables, now)
    _customers(book, now)
    settings = runtime.settings
    told = [
        (visit, book.call(visit, tell(visit, random, settings.account_sid, settings.carrier_api_url)))
        for visit in plan(random, people, clips, now, settings.zone)
    ]
    answered = Answered(book.tables["call"])
    begun = {call["id"]: call["started_at"] for call in book.tables["call"]}
    for promise in book.tables["promise"]:
        promise["owner_id"] = promise["owner_id"] or answered.owner(promise, begun[promise["call_id"]])
    calls = [call for _, call in told if call["outcome"] == Outcome.ANSWERED]
    languages = {one.id: one.language for one in people}
    _notes(book, calls, languages)
    _promises(book, calls, languages, now)
    for promise in book.tables["promise"]:
        if promise["closed_by"] is None:
            answered.settle(promise)
        _tidy(promise, now)
    _messages(book, now)
    return book.tables


def _holders(people: Sequence[Person]) -> Mapping[str, Sequence[Person]]:
    held: defaultdict[str, list[Person]] = defaultdict(list)
    for person in people:
        for number in person.numbers:
            held[number].append(person)
    return held


def _staff(tables: dict[str, list[Row]], now: datetime) -> None:
    since, hashed = now - timedelta(days=400), _hasher.hash(PASSWORD)
    for one in STAFF:
        tables["user"].append(
            {
                "id": one.id,
                "email": one.email,
                "name": one.name,
                "role": one.role,
                "number": one.number,
                "language": one.language,
                "password_hash": hashed,
                "created_at": since,
            }
        )
    for one in AGENTS:
        about = {"queues": None, "skills": list(one.skills), "languages": list(one.speaks)}
        tables["agent"].append({"id": one.id, "state": AgentState.BREAK, "since": now, **about})
        tables["state_change"] += [
            {
                "id": derived_id("state", one.id, str(days), str(hours)),
                "agent_id": one.id,
                "state": state,
                "at": now - timedelta(days=days, hours=hours),
                "by": one.id,
            }
            for days in range(5, -1, -1)
            for hours, state in (
                (8, AgentState.AVAILABLE),
                (4, AgentState.BREAK),
                (3.4, AgentState.AVAILABLE),
            )
        ]


def _customers(book: DemoRows, now: datetime) -> None:
    for person in book.people:
        since = now - timedelta(days=book.random.randint(190, 2200), seconds=book.random.randint(0, 80_000))
        book.tables["customer"].append(
            {
                "id": person.id,
                "name": person.name,
                "search": fold(person.name),
                "language": person.language,
                "tier": person.tier,
                "owner_id": person.owner,
                "created_at": since,
                "updated_at": since,
            }
        )
        book.tables["customer_phone"] += [
            {"customer_id": person.id, "e164": number, "raw": number, "position": position}
            for position, number in enumerate(person.numbers)
        ]


def _notes(book: DemoRows, calls: Sequence[Row], languages: Mapping[str, str]) -> None:
    """What was written on calls, how those ended, and what is pinned."""
    random = book.random
    call: Row | None
    for call in calls:
        call["disposition"] = random.choice(sample_texts.DISPOSITIONS) if random.random() < 0.8 else None
        if random.random() < 0.6:
            language = languages.get(call["customer_id"] or "", "en")
            began = call["answered_at"] + timedelta(seconds=random.randint(5, 20))
            book.tables["note"].append(
                _note(random.choice(sample_texts.NOTES[language]), call["agent_id"], began, call=call)
            )
    named = {one.name: one for one in book.people}
    for name, bodies in sample_texts.PINNED.items():
        person = named[name]
        theirs: list[Row | None] = [call for call in calls if call["customer_id"] == person.id]
        for body, call in zip(bodies, random.choices(theirs or [None], k=len(bodies)), strict=True):
            author = (call or {}).get("agent_id") or person.owner or AGENTS[0].id
            at = call["answered_at"] if call else book.tables["customer"][0]["created_at"]
            pinned = _note(body, author, at + timedelta(seconds=40), customer=person.id)
            book.tables["note"].append(pinned | {"pinned_at": at, "pinned_by": _name(author)})


def _note(
    body: str, author: str, at: datetime, *, call: Row | None = None, customer: str | None = None
) -> Row:
    return {
        "id": derived_id("note", body, at.isoformat()),
        "call_id": call["id"] if call else None,
        "customer_id": call["customer_id"] if call else customer,
        "author_id": author,
        "author": _name(author),
        "body": body,
        "search": fold(body),
        "created_at": at,
        "finished_at": at + timedelta(seconds=50),
        "pinned_at": None,
        "pinned_by": None,
    }


def _name(user: str) -> str:
    return next(one.name for one in STAFF if one.id == user)


def _promises(book: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """What people promised on calls: some of it closed by hand, the newest still open, Mina's among it."""
    random = book.random
    mina = [call for call in calls if call["customer_id"] == "cus_demo0000"][-2:]
    chosen = [call for call in calls if call["customer_id"] and random.random() < 0.08]
    for turn, call in enumerate([*chosen, *mina]):
        locale = sample_texts.PROMISES[languages[call["customer_id"]]]
        due = call["ended_at"] + timedelta(hours=random.choice((4, 24, 24, 48, 72)))
        promise: dict[str, Any] = {
            "id": derived_id("prm", "said", call["id"], str(turn)),
            "kind": PromiseKind.PROMISED,
            "state": PromiseState.OPEN,
            "customer_id": call["customer_id"],
            "phone": call["phone"],
            "call_id": None,
            "owner_id": call["agent_id"],
            "what": random.choice(locale),
            "created_by": call["agent_id"],
            "due_at": due,
            "created_at": call["ended_at"],
            "closed_at": None,
            "kept_by": None,
            "closed_by": None,
        }
        if call in mina:
            promise["due_at"] = now + timedelta(minutes=45 if call is mina[-1] else 1500)
            promise["created_at"] = now - timedelta(minutes=30)
        elif due < now - timedelta(hours=6) and random.random() < 0.7:
            state = PromiseState.KEPT if random.random() < 0.9 else PromiseState.DROPPED
            promise |= {"state": state, "closed_at": due - timedelta(hours=1), "closed_by": call["agent_id"]}
        book.tables["promise"].append(promise)


def _tidy(promise: Row, now: datetime) -> None:
    """What nobody kept is closed by the supervisor after some days."""
    if promise["state"] == PromiseState.OPEN and promise["due_at"] < now - FORGOTTEN:
        closed = {"closed_at": promise["due_at"] + timedelta(hours=20), "closed_by": STAFF[-1].id}
        promise |= {"state": PromiseState.DROPPED, **closed}


def _messages(book: DemoRows, now: datetime) -> None:
    random = book.random
    for turn, person in enumerate(random.sample([one for one in book.people if one.contacts > 1], 40)):
        number = person.numbers[0]
        if len(book.holders[number]) > 1:
            continue
        at = now - timedelta(days=random.uniform(0.2, 120))
        for direction, body in _thread(random, person.language):
            inbound = direction == "inbound"
            book.tables["message"].append(
                {
                    "id": derived_id("msg", str(turn), body),
                    "carrier_sid": f"SM{random.getrandbits(128):032x}",
                    "direction": direction,
                    "channel": "sms",
                    "from_raw": number if inbound else LINE,
                    "to_raw": LINE if inbound else number,
                    "phone": number,
                    "body": body,
                    "status": "received" if inbound else "delivered",
                    "status_rank": 0 if inbound else 4,
                    "customer_id": person.id,
                    "author_id": None if inbound else person.owner,
                    "created_at": at,
                    "received_at": at,
                }
            )
            at += timedelta(minutes=random.randint(2, 40))


def _thread(random: Random, language: str) -> Iterator[tuple[str, str]]:
    messages = sample_texts.MESSAGES[language]
    start = random.randrange(len(messages))
    yield from messages[start : start + 2]
