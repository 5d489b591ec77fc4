"""No statement reads a whole table of calls, customers or their like: not of a page, not of a writer."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import event, make_url

from callcrm import background
from callcrm.calls.search import CallQuery, calls
from callcrm.crm.promises import promises, settlement
from callcrm.customers import customers
from callcrm.jobs import claims
from callcrm.models import Note, PromiseState
from callcrm.recordings import leftovers, pending
from callcrm.store.store import Store
from tests.posts import completed
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.support.page_client import PageClient, do, sign_in, statements

pytestmark = pytest.mark.engine("sqlite")
MINA = "+12025550134"
LARGE = "call|carrier_event|customer|customer_phone|leg|message|note|pop|promise|recording|search_entry|job"
# A walk along an index that is in the order wanted ends at its limit.
SCAN = re.compile(rf"SCAN ({LARGE})(?! USING (?:COVERING )?INDEX)\b")
ANY_SCAN = re.compile(rf"SCAN ({LARGE})\b")


@contextmanager
def plans(store: Store) -> Iterator[Callable[[], dict[str, list[str]]]]:
    """The plans of all statements run meanwhile, by their SQL."""
    seen: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: Any) -> None:
        if sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "INSERT")):
            seen[sql] = parameters[0] if many else parameters

    def explain() -> dict[str, list[str]]:
        with closing(sqlite3.connect(make_url(store.url).database or "")) as connection:
            return {
                sql: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
                for sql, values in seen.items()
            }

    event.listen(store.engine, "before_cursor_execute", note)
    yield explain
    event.remove(store.engine, "before_cursor_execute", note)


def offenders(explained: dict[str, list[str]], pattern: re.Pattern[str]) -> list[str]:
    """The statements with such a step, each with its plan."""
    return [
        f"{sql}\n  {plan}"
        for sql, plan in explained.items()
        if any(pattern.search(step) and "VIRTUAL TABLE" not in step for step in plan)
    ]


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, a supervisor."""
    return sign_in(app, "Ana", "supervisor")


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """A business with a customer, two calls, a note, a message and a recording."""
    shop = Shop(app.services.store)
    mina = shop.customer("Mina Halloran", MINA)
    call = shop.answered(MINA, -9, customer_id=mina)
    shop.note(call, "Asked about the duvet.", -8)
    shop.recording(call, -8)
    shop.message(MINA, -7, customer_id=mina)
    shop.derive(shop.call(MINA, -5), "missed", MINA)
    return shop


PAGES = (
    *(
        "/desk",
        "/calls",
        "/calls?agent=ana",
        "/calls?lost=1",
        "/customers",
        "/promises",
        "/messages",
        "/messages?show=all",
        "/messages",
        "/find",
    ),
    *("/calls/call_0001", "/calls?recorded=yes", "/calls?when=all"),
)


@pytest.mark.parametrize("path", PAGES)
def test_no_page_reads_a_whole_table(app: RunningApp, ana: PageClient, shop: Shop, path: str) -> None:
    with plans(app.services.store) as explain:
        ana.get(path)
    assert offenders(explain(), SCAN) == []


SORTED = re.compile("USE TEMP B-TREE FOR (?:RIGHT PART OF )?ORDER BY")


def test_no_list_sorts_all_it_could_show(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    """Ended calls are nearly all, and so are kept promises: their pages are read in order, up to a limit."""
    with plans(app.services.store) as explain:
        ana.get("/promises?state=kept")
        do(app, lambda s: calls(s, CallQuery(state="ended"), region="US", after=None, limit=5))
    large = {sql: plan for sql, plan in explain().items() if re.search("FROM (call|promise) ", sql)}
    assert offenders(large, SORTED) == []


def test_no_search_reads_a_whole_table(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    with plans(app.services.store) as explain:
        for q in ("mina duvet", "0134", "555", MINA):
            ana.search("/find", {"q": q})
            ana.search("/customers/find", {"q": q})
    assert offenders(explain(), SCAN) == []


def test_calls_with_words_are_read_by_their_ids(app: RunningApp, shop: Shop) -> None:
    """SQLite takes an agent for rare, and would read all their calls to find a hundred of them."""
    (mina,) = shop.do(customers.find, q="mina", region="US")
    shop.change(mina.id, tier="gold")
    shop.answered(MINA, -3, customer_id=mina.id, agent_id="ana")
    wanted = CallQuery(q="mina", agent="ana", phones=[MINA], customer=mina.id, state="ended", tier="gold")
    with plans(app.services.store) as explain:
        assert len(shop.do(calls, wanted, region="US", after=None, limit=5)) == 1
    steps = [step for sql, plan in explain().items() if sql.startswith("SELECT call.") for step in plan]
    assert any("call USING INDEX sqlite_autoindex_call" in step for step in steps)
    assert [step for step in steps if "ix_call" in step] == []


def test_no_writer_reads_a_whole_table(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    """A call from its ring to its end, notes, customers, and what runs every few seconds."""
    with plans(app.services.store) as explain:
        app.rings("CA1", MINA)
        app.post("/webhooks/twilio/status", completed("CA1"))
        app.send("POST", "/calls/call_0001/notes", {"body": "hello"})
        mina = shop.customer("Tom", "+12025550135")
        shop.change(mina, name="Tom Hart", phones=["+12025550136"])
        shop.assign("call_0001", mina)
        shop.note("call_0001", "more", -1)
        shop.message("+12025550136", -1)
        do(app, lambda session: pending.requeue(session, "RE1", at(999)))
        owed = shop.open_promises()[0].id
        do(app, lambda session: promises.close(session, owed, PromiseState.KEPT, by="ana", now=at(999)))
        do(app, lambda session: settlement.settle_merged(session, "call_0002"))
        do(app, lambda session: claims.delete_done(session, at(999)))
        for _seconds, _name, verb in background.PERIODIC_VERBS:
            do(app, lambda session, verb=verb: verb(session, at(999)))  # type: ignore[misc]
    assert offenders(explain(), ANY_SCAN) == []


def test_open_notes_cost_the_same_however_many_they_are(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    def open_notes(first: int, count: int) -> None:
        for number in range(first, first + count):
            call = shop.answered(f"+120255501{number:02}", -number, agent_id=ana.id)
            note = shop.get(Note, shop.note(call, f"note {number}", -number))
            note.author_id, note.finished_at = ana.id, None
            shop.add(note)

    open_notes(10, 1)
    with statements(app) as few:
        ana.get_page("/desk/notes-panel")
    open_notes(20, 20)
    with statements(app) as many:
        page = ana.get_page("/desk/notes-panel")
    assert page.count("note 2") > 5
    assert len(many) == len(few)


@pytest.mark.background
def test_no_start_and_no_probe_reads_a_whole_table(app: RunningApp, shop: Shop) -> None:
    """What a server runs by itself, and what a monitor asks it every few seconds."""
    with plans(app.services.store) as explain:
        for path in ("/healthz", "/readyz", "/metrics"):
            app.client.get(path)
        do(app, lambda session: leftovers._without_row(session, ["a" * 32]))
        for wait in range(20):
            app.client.get("/readyz", headers={"X-Try": str(wait)})
    scans = offenders(explain(), ANY_SCAN)
    assert [sql for sql in scans if "LIMIT" not in sql] == []
