"""Purchases and customers by file: rows a second. What a purchase takes is in `customer/tiers.py`."""

import asyncio
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest

from callcrm.base.clock import SystemClock
from callcrm.cli.serve import leave_garbage
from callcrm.crm.imports import imports, taking
from callcrm.crm.imports.running import Importer
from callcrm.crm.seams import SEAMS
from callcrm.models.crm.file_import import FileImport
from tests.running_app import RunningApp, open_app, settings_for

CUSTOMERS = 5000  # twenty purchases of each in the long file, as in the sample
SHORT, LONG = 3000, 100_000  # rows
# A customer takes longer: a number of its own to read, and all that search has to be told of by triggers.
ROWS_A_SECOND = {"purchases": 5000, "customers": 2500}
# CPU for a row: a machine that others use takes twice what it takes alone, so that the short form proves no
# more than the order.
MICROSECONDS = 500
KINDS = ("purchases", "customers")


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[RunningApp]:
    """A running app without background work, by the machine's clock: which a batch is measured by."""
    with open_app(settings_for(database_url, tmp_path), SystemClock(), background=False) as app:
        yield app


@pytest.fixture(autouse=True)
def as_served() -> Iterator[None]:
    """Garbage is collected as the server does."""
    before = gc.get_threshold()
    leave_garbage()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@dataclass
class Measured:
    """An import, and what it took."""

    row: FileImport
    seconds: float
    cpu: float


def table(kind: str, rows: int) -> bytes:
    """A file of this kind."""
    return (purchases if kind == "purchases" else customers)(rows)


def customers(rows: int) -> bytes:
    """So many customers, as a till exports them."""
    lines = (f"Person {number * 7919 % 100_003},+1202{5600000 + number},en" for number in range(rows))
    return "\n".join(["name,phones,language", *lines]).encode()


def purchases(rows: int) -> bytes:
    """So many purchases of some customers, as a shop exports them."""
    random = Random(1)
    lines = ["external_id,phone,name,at,product,quantity,total,currency,payment"]
    for number in range(rows):
        customer, month, day = random.randrange(CUSTOMERS), random.randint(1, 12), random.randint(1, 28)
        product, total = random.randrange(300), random.randint(100, 99_999) / 100
        lines.append(
            f"E{number},+1202{5552000 + customer},Customer {customer},2025-{month:02}-{day:02},"
            f"Product {product},{number % 3 + 1},{total:.2f},USD,cash"
        )
    return "\n".join(lines).encode()


def bring(app: RunningApp, kind: str, rows: int) -> Measured:
    """Brings so many rows in, in this process."""

    async def run() -> Measured:
        services: Any = app.services
        new = taking.NewImport(SEAMS.import_kinds[kind], "shop.csv", by=None)
        row = await taking.take(services, BytesIO(table(kind, rows)), new)
        importer, began, cpu = Importer(services), time.perf_counter(), time.process_time()
        while await importer.run({"import": row.id}):
            pass
        took, used = time.perf_counter() - began, time.process_time() - cpu
        return Measured(await services.store.read(lambda session: imports.get(session, row.id)), took, used)

    return asyncio.run(run())


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_file_goes_in_and_takes_no_more_cpu_than_it_may(app: RunningApp, kind: str) -> None:
    measured = bring(app, kind, SHORT)
    assert (measured.row.state, measured.row.created) == ("done", SHORT)
    microseconds = measured.cpu / SHORT * 1e6
    print(f"{app.services.store.dialect}: {microseconds:.0f} µs of CPU for a row of {kind}")
    assert microseconds <= MICROSECONDS


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_rows_go_in_a_second(app: RunningApp, kind: str) -> None:
    bring(app, "purchases", CUSTOMERS)
    measured = bring(app, kind, LONG)
    rate = LONG / measured.seconds
    print(f"{app.services.store.dialect}: {rate:.0f} rows of {kind} a second")
    assert rate >= ROWS_A_SECOND[kind]
