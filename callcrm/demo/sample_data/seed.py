"""Filling a fresh store with the sample data: the same rows for the same seed and time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Table, insert
from sqlmodel import Session, SQLModel

from callcrm.base.ids import derived_id
from callcrm.base.words import name_search_text, search_text
from callcrm.calls.runtime import CallRuntime
from callcrm.calls.survey_question import menu_of
from callcrm.crm.answers import sample as answers_sample
from callcrm.crm.contacts import sample as contacts_sample
from callcrm.crm.loyalty import sample as loyalty
from callcrm.crm.purchases import sample, worth
from callcrm.crm.purchases.sample import TABLES as PURCHASE_TABLES
from callcrm.crm.subjects import sample as subjects_sample
from callcrm.crm.surveys import sample as surveys
from callcrm.crm.tiers import run as tiers
from callcrm.customers.customers import LONGEST_SEARCH
from callcrm.demo.sample_data import sample_texts, settled_promises
from callcrm.demo.sample_data.call_plan import AudioClips, plan_calls
from callcrm.demo.sample_data.call_shapes import script_call
from callcrm.demo.sample_data.complaint_rows import TABLES as COMPLAINT_TABLES
from callcrm.demo.sample_data.complaint_rows import complaint_rows
from callcrm.demo.sample_data.conduct_rows import add_conduct
from callcrm.demo.sample_data.feedback_rows import TABLES as FEEDBACK_TABLES
from callcrm.demo.sample_data.feedback_rows import add_feedback
from callcrm.demo.sample_data.message_rows import message_row
from callcrm.demo.sample_data.people import (
    AGENTS,
    BUSINESS_NUMBER,
    PASSWORD,
    STAFF,
    SampleCustomer,
    sample_customers,
)
from callcrm.demo.sample_data.rows import NOT_DECIDED, DemoRows, Row
from callcrm.demo.sample_data.settled_promises import CLOSED_AFTER, AnsweredCalls
from callcrm.models import AgentState, Direction, Outcome, PromiseKind, PromiseState

TABLE_ORDER = (
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
    "contact",
    *PURCHASE_TABLES,
    *COMPLAINT_TABLES,
    *loyalty.TABLES,
    "survey_response",
    *FEEDBACK_TABLES,
    "incident",
    "conduct_step",
)

BOUGHT, WROTE = 0.4, 0.05  # shares of answered calls
# In a year, by the tier that it makes.
BOUGHT_BY = {"gold": 13, "silver": 6, "bronze": 3}

# A strong hash would take half of the start, and this password is printed for everybody to see.
_hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))


def fill_store(session: Session, runtime: CallRuntime, clips: AudioClips, now: datetime, seed: int) -> None:
    """Write all sample rows into an empty store."""
    tables = build_rows(runtime, clips, now, seed)
    connection = session.connection()
    for name in TABLE_ORDER:
        table: Table = SQLModel.metadata.tables[name]
        if tables[name]:
            connection.execute(insert(table), tables[name])
    worth.count_all(session)
    subjects_sample.invent(session, now)
    answers_sample.invent(session, now, seed)
    tiers.everybody(session, now)


def build_rows(
    runtime: CallRuntime, clips: AudioClips, now: datetime, seed: int
) -> Mapping[str, Sequence[Row]]:
    """The sample rows of every table in TABLE_ORDER."""
    random, now = Random(seed), now.replace(microsecond=0)
    customers = sample_customers(random)
    rows = DemoRows(runtime, random, customers, _customers_by_number(customers))
    _add_staff(rows.tables, now)
    _add_customers(rows, now)
    settings = runtime.settings
    account, api = settings.account_sid, settings.carrier_api_url
    for planned in plan_calls(random, customers, clips, now, settings.zone):
        rows.add_call(planned, script_call(planned, random, account, api))
    on_file = frozenset(row["e164"] for row in rows.tables["customer_phone"])
    answered = AnsweredCalls(rows.tables["call"], on_file)
    started = {call["id"]: call["started_at"] for call in rows.tables["call"]}
    for promise in rows.tables["promise"]:
        promise["owner_id"] = promise["owner_id"] or answered.owner(promise, started[promise["call_id"]])
    calls = [call for call in rows.tables["call"] if call["outcome"] == Outcome.ANSWERED]
    languages = {customer.id: customer.language for customer in customers}
    _add_notes(rows, calls, languages, now)
    _add_promises(rows, calls, languages, now)
    settled_promises.settle(rows.tables["promise"], answered, STAFF[-1].id, now)
    _add_messages(rows, now)
    _add_purchases(rows, calls, languages, now)
    rows.tables |= complaint_rows(calls, languages, [member.id for member in AGENTS], now, seed)
    _add_contacts(rows, calls, languages, now)
    _add_loyalty(rows, languages, now)
    _add_surveys(rows, calls, {customer.id: customer.tier for customer in customers})
    add_feedback(rows, calls, languages, now)
    add_conduct(rows.tables, now)
    return rows.tables


def _customers_by_number(customers: Sequence[SampleCustomer]) -> Mapping[str, Sequence[SampleCustomer]]:
    by_number: defaultdict[str, list[SampleCustomer]] = defaultdict(list)
    for customer in customers:
        for number in customer.numbers:
            by_number[number].append(customer)
    return by_number


def _add_staff(tables: dict[str, list[Row]], now: datetime) -> None:
    since, hashed = now - timedelta(days=400), _hasher.hash(PASSWORD)
    for member in STAFF:
        tables["user"].append(
            {
                "id": member.id,
                "email": member.email,
                "name": member.name,
                "role": member.role,
                "number": member.number,
                "language": member.language,
                "password_hash": hashed,
                "created_at": since,
            }
        )
    for agent in AGENTS:
        abilities = {"queues": None, "skills": list(agent.skills), "languages": list(agent.speaks)}
        tables["agent"].append({"id": agent.id, "state": AgentState.BREAK, "since": now, **abilities})
        tables["state_change"] += [
            {
                "id": derived_id("state", agent.id, str(days), str(hours)),
                "agent_id": agent.id,
                "state": state,
                "at": now - timedelta(days=days, hours=hours),
                "by_id": agent.id,
            }
            for days in range(5, -1, -1)
            for hours, state in (
                (8, AgentState.AVAILABLE),
                (4, AgentState.BREAK),
                (3.4, AgentState.AVAILABLE),
            )
        ]


def _add_customers(rows: DemoRows, now: datetime) -> None:
    for customer in rows.customers:
        since = now - timedelta(days=rows.random.randint(190, 2200), seconds=rows.random.randint(0, 80_000))
        rows.tables["customer"].append(
            {
                "id": customer.id,
                "name": customer.name,
                "search_text": name_search_text(customer.name, LONGEST_SEARCH),
                "language": customer.language,
                "owner_id": customer.owner,
                "created_at": since,
                "updated_at": since,
            }
        )
        rows.tables["customer_phone"] += [
            {"customer_id": customer.id, "e164": number, "raw": number, "position": position}
            for position, number in enumerate(customer.numbers)
        ]


def _add_notes(rows: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """Notes on calls, the calls' dispositions and subjects, and pinned notes."""
    random = rows.random
    call: Row | None
    for call in calls:
        call["disposition"] = random.choice(sample_texts.DISPOSITIONS) if random.random() < 0.8 else None
        age = (now - call["started_at"]).total_seconds() / 86_400
        call["subject"] = subjects_sample.choose(random, age)
        if random.random() < 0.6:
            language = languages.get(call["customer_id"] or "", "en")
            began = call["answered_at"] + timedelta(seconds=random.randint(5, 20))
            rows.tables["note"].append(
                _note(random.choice(sample_texts.NOTES[language]), call["agent_id"], began, call=call)
            )
    customers = {customer.name: customer for customer in rows.customers}
    for name, bodies in sample_texts.PINNED.items():
        customer = customers[name]
        own_calls: list[Row | None] = [call for call in calls if call["customer_id"] == customer.id]
        for body, call in zip(bodies, random.choices(own_calls or [None], k=len(bodies)), strict=True):
            author = (call or {}).get("agent_id") or customer.owner or AGENTS[0].id
            at = call["answered_at"] if call else rows.tables["customer"][0]["created_at"]
            pinned = _note(body, author, at + timedelta(seconds=40), customer_id=customer.id)
            rows.tables["note"].append(pinned | {"pinned_at": at, "pinned_by": _name(author)})


def _note(
    body: str, author: str, at: datetime, *, call: Row | None = None, customer_id: str | None = None
) -> Row:
    return {
        "id": derived_id("note", body, at.isoformat()),
        "call_id": call["id"] if call else None,
        "customer_id": call["customer_id"] if call else customer_id,
        "author_id": author,
        "author": _name(author),
        "body": body,
        "search_text": search_text(body),
        "created_at": at,
        "finished_at": at + timedelta(seconds=50),
        "pinned_at": None,
        "pinned_by": None,
    }


def _name(user_id: str) -> str:
    return next(member.name for member in STAFF if member.id == user_id)


def _add_promises(rows: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """Promises that agents made on calls: some closed by hand, the newest open, two of them to Mina."""
    random = rows.random
    mina = [call for call in calls if call["customer_id"] == "cus_demo0000"][-2:]
    chosen = [call for call in calls if call["customer_id"] and random.random() < 0.08]
    for index, call in enumerate([*chosen, *mina]):
        texts = sample_texts.PROMISES[languages[call["customer_id"]]]
        due = call["ended_at"] + timedelta(hours=random.choice((4, 24, 24, 48, 72)))
        promise: dict[str, Any] = {
            "id": derived_id("prm", "made", call["id"], str(index)),
            "kind": PromiseKind.PROMISED,
            "state": PromiseState.OPEN,
            "customer_id": call["customer_id"],
            "phone": call["phone"],
            "call_id": None,
            "owner_id": call["agent_id"],
            "what": random.choice(texts),
            "created_by": call["agent_id"],
            "due_at": due,
            "created_at": call["ended_at"],
            "caller": None,
            **NOT_DECIDED,
        }
        if call in mina:
            promise["due_at"] = now + timedelta(minutes=45 if call is mina[-1] else 1500)
            promise["created_at"] = now - timedelta(minutes=30)
        elif due < now - timedelta(hours=6) and random.random() < 0.7:
            state = PromiseState.KEPT if random.random() < 0.9 else PromiseState.DROPPED
            at = due - timedelta(hours=1)
            promise |= {"state": state, "closed_at": at, "decided_by": call["agent_id"], "decided_at": at}
        rows.tables["promise"].append(promise)


def _add_messages(rows: DemoRows, now: datetime) -> None:
    random = rows.random
    callers = [customer for customer in rows.customers if customer.call_count > 1]
    for index, customer in enumerate(random.sample(callers, 40)):
        number = customer.numbers[0]
        if len(rows.customers_by_number[number]) > 1:
            continue
        at = now - timedelta(days=random.uniform(0.2, 120))
        for direction, body in _thread(random, customer.language):
            rows.tables["message"].append(
                message_row(
                    random,
                    key=derived_id("msg", str(index), body),
                    direction=direction,
                    body=body,
                    ours=BUSINESS_NUMBER,
                    number=number,
                    customer_id=customer.id,
                    owner_id=customer.owner,
                    at=at,
                    answered=at < now - CLOSED_AFTER,
                )
            )
            at += timedelta(minutes=random.randint(2, 40))


def _add_purchases(rows: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """Purchases some hours after calls that were answered."""
    rows.tables["product"] = sample.product_rows(now)
    for index, call in enumerate(calls):
        if call["customer_id"] and rows.random.random() < BOUGHT:
            at = min(call["ended_at"] + timedelta(hours=rows.random.uniform(0.2, 30)), now)
            language = languages[call["customer_id"]]
            sample.invent(rows.tables, rows.random, f"demo{index}", call["customer_id"], language, at, now)
    for customer in rows.customers:
        for index in range(BOUGHT_BY.get(customer.tier or "", 0)):
            key, at = f"{customer.id}.{index}", now - timedelta(days=rows.random.uniform(1, 350))
            sample.invent(rows.tables, rows.random, key, customer.id, customer.language, at, now)


def _add_loyalty(rows: DemoRows, languages: Mapping[str, str], now: datetime) -> None:
    """Programmes, and what was redeemed; the first caller has nine purchases, so that the tenth is free."""
    first, wanted = rows.customers[0], loyalty.N - 1
    bought = [row for row in rows.tables["purchase"] if row["customer_id"] == first.id]
    for more in range(wanted - len(bought)):
        at = now - timedelta(days=3 + more)
        sample.invent(rows.tables, rows.random, f"demo{first.id}{more}", first.id, first.language, at, now)
    rows.tables["programme"] = loyalty.programme_rows(now)
    rows.tables["redemption"] = loyalty.of_purchases(
        rows.random, rows.tables["purchase"], languages, [agent.id for agent in AGENTS], {first.id: wanted}
    )


def _add_surveys(rows: DemoRows, calls: Sequence[Row], tiers: Mapping[str, str | None]) -> None:
    """What callers were asked and answered after their calls."""
    last: dict[str, datetime] = {}
    names = ("customer_id", "phone", "agent_id", "queue", "language", "talk_seconds")
    for call in sorted(calls, key=itemgetter("ended_at")):
        if call["direction"] == Direction.INBOUND and call["phone"]:
            about = {name: call[name] for name in names}
            about |= {"call_id": call["id"], "menu": menu_of(call["ivr_path"])}
            about["tier"] = tiers.get(call["customer_id"] or "")
            rows.tables["survey_response"] += surveys.invent(rows.random, about, call["ended_at"], last)


def _add_contacts(rows: DemoRows, calls: Sequence[Row], languages: Mapping[str, str], now: datetime) -> None:
    """Visits and letters of some of those who called."""
    for call in calls:
        if call["customer_id"] and rows.random.random() < WROTE:
            at = min(call["ended_at"] + timedelta(hours=rows.random.uniform(1, 60)), now)
            language = languages[call["customer_id"]]
            rows.tables["contact"].append(
                contacts_sample.row(
                    rows.random, call["id"], call["customer_id"], language, call["agent_id"], at
                )
            )


def _thread(random: Random, language: str) -> Iterator[tuple[str, str]]:
    """One or two messages that follow each other: direction and body."""
    messages = sample_texts.MESSAGES[language]
    start = random.randrange(len(messages))
    yield from messages[start : start + 2]
