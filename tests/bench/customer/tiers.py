"""How long tiers take: with a purchase, by night for everybody, and for a preview; on either engine.

.venv/bin/python -m tests.bench.customer.tiers [--customers N] [--purchases N] [--postgresql]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlmodel import Session, select

from callcrm.base.clock import SystemClock
from callcrm.base.money import Money
from callcrm.business import tiers as business_tiers
from callcrm.calls.runtime import CallRuntime, build_runtime
from callcrm.crm.purchases import purchases
from callcrm.crm.purchases.purchases import NewPurchase
from callcrm.crm.tiers import preview, run
from callcrm.models.crm.tier import TierRun
from callcrm.models.delete_some import SOME
from callcrm.store import migrate
from callcrm.store.bulk import bulk_load
from callcrm.store.store import Store
from tests import postgres_server
from tests.clocks import THREADS
from tests.databases import make_sqlite
from tests.running_app import proven_flows, settings_for

NOW = datetime.fromisoformat("2026-11-30T12:00:00+00:00")
LARGE = 5000  # purchases of the first customer


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: milliseconds of a purchase with its tier, its median and its 99th of 100, and of one
    of a customer with thousands; seconds of a first run, of a nightly one, and of a preview; milliseconds of
    the 99th of 100 transactions of the first two.
    """

    purchase: float
    purchase_99: float
    purchase_of_large: float
    first_run: float
    nightly: float
    preview: float
    transaction_99: float

    def __str__(self) -> str:
        return (
            f"purchase + tier {self.purchase:.1f} ms (99 %: {self.purchase_99:.1f}), with {LARGE} purchases "
            f"{self.purchase_of_large:.1f} ms; all: first {self.first_run:.1f} s, "
            f"nightly {self.nightly:.1f} s, preview {self.preview:.1f} s; "
            f"of their transactions 99 % within {self.transaction_99:.0f} ms"
        )


def fill(url: str, customers: int, count: int) -> None:
    """Invented customers, with so many purchases between them over two years."""
    random = Random(1)
    with bulk_load(url, SystemClock()) as load:
        zone = load.time_suffix()
        at = f"{NOW - timedelta(days=800):%Y-%m-%d %H:%M:%S}{zone}"
        rows = ((f"cus_{n:08}", "Somebody", "somebody", False, at, at) for n in range(customers))
        columns = ("id", "name", "search_text", "tier_by_hand", "created_at", "updated_at")
        load.insert("customer", columns, rows)
        numbers = [min(LARGE, count), *(random.randrange(customers) for _ in range(count - LARGE))]
        worth: dict[int, int] = {}

        def purchases_rows() -> Iterator[tuple[object, ...]]:
            holders = [0] * numbers[0] + numbers[1:]
            for number, holder in enumerate(holders):
                worth[holder] = worth.get(holder, 0) + 1
                bought = f"{NOW - timedelta(seconds=random.randrange(730 * 86400)):%Y-%m-%d %H:%M:%S}{zone}"
                back = 4000 if number % 50 == 0 else 0
                paid = ("cash", "card")[number % 2]
                yield (f"pur_{number:08}", f"cus_{holder:08}", bought, "USD", 4000, back, paid, bought)

        names = ("id", "customer_id", "at", "currency", "amount", "returned", "payment", "created_at")
        load.insert("purchase", names, purchases_rows())
        sums = ((f"cus_{n:08}", "USD", bought, bought * 4000, 0, at, at) for n, bought in worth.items())
        load.insert(
            "customer_worth",
            ("customer_id", "currency", "purchases", "spent", "returned", "first_at", "last_at"),
            sums,
        )


def measure(url: str, customers: int, folder: Path) -> Figures:
    """The figures of a filled store."""
    store = Store(url, SystemClock(), THREADS)
    settings = settings_for(url, folder)
    runtime = build_runtime(settings, proven_flows(settings.flows))
    try:
        first, late = _run(store, runtime, NOW)
        buys = sorted(_buy(store, 1 + 997 * n % (customers - 1), n) for n in range(100))
        large = min(_buy(store, 0, 1000 + n) for n in range(5))
        began = time.perf_counter()
        tiers = business_tiers.parse(None).items
        asyncio.run(preview.preview(store, tiers, NOW + timedelta(days=30)))
        previewed = time.perf_counter() - began
        nightly, later = _run(store, runtime, NOW + timedelta(days=1))
        return Figures(buys[50], buys[98], large, first, nightly, previewed, max(late, later))
    finally:
        store.close()


def _run(store: Store, runtime: CallRuntime, now: datetime) -> tuple[float, float]:
    """Seconds of a run through all, and milliseconds of the 99th of 100 of its transactions."""
    began, more = time.perf_counter(), SOME
    took: list[float] = []
    while (
        more >= SOME or store.read_now(lambda session: session.exec(select(TierRun.after)).one()) is not None
    ):
        start = time.perf_counter()
        more = store.write_now(lambda session: run.nightly(session, runtime, now))
        took.append(time.perf_counter() - start)
    return time.perf_counter() - began, sorted(took)[len(took) * 99 // 100] * 1000


def _buy(store: Store, customer: int, number: int) -> float:
    """Milliseconds of a purchase, committed, with the customer's tier."""
    new = NewPurchase(total=Money(amount=1000, currency="USD"), at=NOW, external_id=f"x{number}")

    def verb(session: Session) -> None:
        purchases.add(session, f"cus_{customer:08}", new, by=None, now=NOW)

    began = time.perf_counter()
    store.write_now(verb)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Fills a store and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--purchases", type=int, default=2_000_000)
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if asked.postgresql:
            url = stack.enter_context(postgres_server.running(quick=False))
            migrate.upgrade(url, SystemClock())
        else:
            url = make_sqlite(folder / "callcrm.sqlite3")
        began = time.perf_counter()
        fill(url, asked.customers, asked.purchases)
        print(f"filled in {time.perf_counter() - began:.0f} s")
        print(measure(url, asked.customers, folder))


if __name__ == "__main__":
    main()
