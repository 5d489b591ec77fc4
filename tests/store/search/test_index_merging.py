"""The index is merged in small pieces: whoever writes never waits for all of it."""

import random
from functools import partial

import pytest
from sqlalchemy import text
from sqlmodel import Session

from callcrm.store import bulk
from callcrm.store.search.catch_up import BATCH, catch_up
from tests.shop import ANA, Shop

ENTRIES, WORDS = 7000, 120
TURNS = 60  # FTS5 merges all of a level by itself when it has 16 segments
MOST = 3000  # changes of a turn, those of the merging included
ADD = text("INSERT INTO search_entry (id, kind, subject_id, text) VALUES (:id, 'note', :id, :text)")
REBUILD = text("INSERT INTO search_fts (search_fts) VALUES ('rebuild')")

pytestmark = pytest.mark.engine("sqlite")


def _fill(session: Session) -> None:
    """A large index, written as a bulk load does: all of it in a large segment."""
    words = random.Random(1)
    entries = [
        {"id": number, "text": " ".join(f"{words.getrandbits(32):x}" for _ in range(WORDS))}
        for number in range(ENTRIES)
    ]
    connection = session.connection()
    driver = connection.connection.driver_connection
    with bulk.unmerged_index(driver, on_sqlite=True):
        connection.execute(ADD, entries)
        connection.execute(REBUILD)


def _add(turn: int, session: Session) -> None:
    """As many entries as are taken in in one turn, each with a segment of its own."""
    entries = [{"id": ENTRIES + turn * BATCH + number, "text": "quilt"} for number in range(BATCH)]
    session.connection().execute(ADD, entries)


def _changes(session: Session) -> int:
    """The rows that the writer has changed so far, those of FTS5's own tables included."""
    driver = session.connection().connection.driver_connection
    assert driver is not None
    return int(driver.total_changes)


def _pages(session: Session) -> int:
    return int(session.connection().execute(text("SELECT count(*) FROM search_fts_data")).scalar_one())


def test_no_turn_merges_more_than_some_pages(shop: Shop) -> None:
    shop.do(_fill)
    pages = shop.store.read_now(_pages)
    assert pages > MOST, "a merge of all writes thrice as many rows"
    call, turns = shop.answered(ANA, 3), []
    for turn in range(TURNS):
        shop.note(call, f"Asked about quilt {turn}.", 4)
        before = shop.store.write_now(_changes)
        shop.do(partial(_add, turn))
        shop.store.write_now(catch_up)
        turns.append(shop.store.write_now(_changes) - before)
    # The end of a merge deletes a row for each page of what was merged, which costs little.
    assert max(turns) < pages + MOST, turns


def test_what_single_commits_write_is_merged(shop: Shop) -> None:
    call = shop.answered(ANA, 3)
    for turn in range(TURNS):
        shop.note(call, f"Asked about quilt {turn}.", 4)
        shop.store.write_now(catch_up)
    assert shop.store.read_now(_pages) < TURNS / 2
