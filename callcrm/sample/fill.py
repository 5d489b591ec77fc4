"""Filling an empty store with the sample."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.seams import SEAMS
from callcrm.models import Call, Customer, User
from callcrm.sample import people
from callcrm.sample.templates import make_templates
from callcrm.sample.writer import TABLES, CallWriter, Cast, sample_batch
from callcrm.store.bulk import BulkLoad, bulk_load

BATCH = 2000  # calls
OPEN_SECONDS = 11 * 3600  # of a day, in which all its calls begin
CALLS_A_DAY, MOST_DAYS = 40, 730
NEWEST_AGE = timedelta(days=1)
PROGRESS_EVERY = 100_000  # calls


def fill_store(
    clock: Clock,
    runtime: CallRuntime,
    *,
    calls: int,
    customers: int,
    seed: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Fills the store of the runtime's settings, all of it or nothing; Refused if it has calls or customers.

    `progress` gets the number of calls done so far.
    """
    random = Random(seed)
    now = clock.now().replace(microsecond=0)
    with bulk_load(runtime.settings.database, clock) as load:
        _require_empty(load.session)
        cast = _make_cast(load, random, runtime, customers, now)
        writer = CallWriter(random, cast, load.time_suffix())
        for number, start in enumerate(call_starts(random, calls, now), start=1):
            writer.add(start)
            if number % BATCH == 0 or number == calls:
                _write(load, random, now, cast, writer)
            if number % PROGRESS_EVERY == 0:
                progress(number)


def _require_empty(session: Session) -> None:
    for model, name in ((Call, "calls"), (Customer, "customers")):
        if session.exec(select(model.id).limit(1)).first():  # type: ignore[call-overload]
            raise Refused(f"the store has {name}: a sample fills an empty store alone")
    if session.get(User, people.sample_agents()[0].id):
        raise Refused("the store has the sample's agents already")


def _make_cast(load: BulkLoad, random: Random, runtime: CallRuntime, count: int, now: datetime) -> Cast:
    agents = people.sample_agents()
    users, states = people.agent_rows(agents, now)
    load.insert_values("user", users)
    load.insert_values("agent", states)
    customers = list(people.sample_customers(random, count, agents))
    suffix = load.time_suffix()
    rows, phones = [], []
    for customer in customers:
        since = now - timedelta(
            days=random.randint(MOST_DAYS, 3 * MOST_DAYS), seconds=random.randrange(86_400)
        )
        rows.append(people.customer_columns(customer, f"{since:%Y-%m-%d %H:%M:%S}{suffix}"))
        phones += [(customer.id, phone, phone, place) for place, phone in enumerate(customer.phones)]
    load.insert("customer", people.CUSTOMER_COLUMNS, rows)
    load.insert("customer_phone", ("customer_id", "e164", "raw", "position"), phones)
    return Cast(agents, customers, people.strangers(), make_templates(runtime))


def call_starts(random: Random, count: int, now: datetime) -> Iterator[datetime]:
    """When each call begins, in order; the last a day before `now`."""
    days = max(1, min(MOST_DAYS, count // CALLS_A_DAY))
    newest = now - NEWEST_AGE
    done = 0
    for day in range(days):
        opens = newest - timedelta(days=days - 1 - day, seconds=OPEN_SECONDS)
        calls = count * (day + 1) // days - done
        done += calls
        seconds = sorted(random.randrange(OPEN_SECONDS) for _ in range(calls))
        if day == days - 1 and seconds:
            seconds[-1] = OPEN_SECONDS
        yield from (opens + timedelta(seconds=second) for second in seconds)


def _write(load: BulkLoad, random: Random, now: datetime, cast: Cast, writer: CallWriter) -> None:
    rows, calls = writer.take()
    for table, columns in TABLES.items():
        load.insert(table, columns, rows[table])
    load.insert_values("message", rows["message"])
    batch = sample_batch(random, now, cast, calls)
    for noun in SEAMS.nouns:
        if noun.sample:
            for table, values in noun.sample(batch).items():
                load.insert_values(table, values)
