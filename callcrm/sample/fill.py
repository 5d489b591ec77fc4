"""Filling an empty store with the sample."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlmodel import Session

from callcrm.base.clock import Clock
from callcrm.base.errors import Refused
from callcrm.base.processes import iterate_aside
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.seams import SEAMS
from callcrm.models import Call, Customer, User
from callcrm.sample import people
from callcrm.sample.batches import MOST_DAYS, Batch, sample_batches
from callcrm.sample.templates import make_templates
from callcrm.sample.writer import TABLES, Cast
from callcrm.store.bulk import BulkLoad, bulk_load

ASIDE_FROM = 50_000  # calls, which take longer than a process to start
PROGRESS_EVERY = 100_000  # calls
PURCHASES_PER_CALL = 0.25


def fill_store(
    clock: Clock,
    runtime: CallRuntime,
    *,
    calls: int,
    customers: int,
    seed: int,
    purchases: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Fills the store of the runtime's settings, all of it or nothing; Refused if it has calls or customers.
    There is a purchase for about four calls, if it is not said how many.

    `progress` gets the number of calls done so far.
    """
    random = Random(seed)
    now = clock.now().replace(microsecond=0)
    with bulk_load(runtime.settings.database, clock) as load:
        _require_empty(load.session)
        share = PURCHASES_PER_CALL if purchases is None else purchases / calls
        cast = _make_cast(load, random, runtime, customers, now, share)
        sample = random, cast, load.time_suffix(), now, calls
        batches = iterate_aside(sample_batches, *sample) if calls >= ASIDE_FROM else sample_batches(*sample)
        done = 0
        for batch in batches:
            _insert(load, batch)
            done += batch.calls
            if done % PROGRESS_EVERY == 0:
                progress(done)
        for noun in SEAMS.nouns:
            if noun.sample_end:
                noun.sample_end(load.session, now)


def _require_empty(session: Session) -> None:
    for model, name in ((Call, "calls"), (Customer, "customers")):
        if session.exec(select(model.id).limit(1)).first():  # type: ignore[call-overload]
            raise Refused(f"the store has {name}: a sample fills an empty store alone")
    if session.get(User, people.sample_agents()[0].id):
        raise Refused("the store has the sample's agents already")


def _make_cast(
    load: BulkLoad, random: Random, runtime: CallRuntime, count: int, now: datetime, share: float
) -> Cast:
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
    return Cast(agents, customers, people.strangers(), make_templates(runtime), share)


def _insert(load: BulkLoad, batch: Batch) -> None:
    for table, columns in TABLES.items():
        load.insert(table, columns, batch.stored.get(table, ()))
    for table, values in batch.values:
        load.insert_values(table, values)
