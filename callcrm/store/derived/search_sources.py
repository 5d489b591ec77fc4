"""What is searched: of each kind of entry the rows it comes from, and its text, in SQL of both engines.

The text of an entry is tokens with spaces between: the words of the folded columns, and tokens that begin
with `#`, which no word does. Those are the kind, a call's customer, and the trigrams of numbers in their
order, so that digits anywhere in a number are a phrase.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import SQLModel

import callcrm.models

assert callcrm.models.__all__, "importing the models registers the tables"

LONGEST_NUMBER = 20  # digits
LONGEST_TEXT = 200_000  # characters: a tsvector holds a megabyte


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one kind: `table` under the alias `t`, `joins` that follow it, the column `at` that orders
    its entries, and the parts of its text.
    """

    table: str
    at: str
    words: tuple[str, ...]
    joins: str = ""
    numbers: str = "NULL"
    tokens: str = "''"


# Every other table with folded words is searched too, ordered by when its rows were made or are about.
WORDED: Mapping[str, str] = {
    table.name: "created_at" if "created_at" in table.c else "at"
    for table in SQLModel.metadata.sorted_tables
    if "search_text" in table.c and table.name not in ("call", "customer", "message")
}
SOURCES: Mapping[str, Source] = {
    "call": Source(
        "call",
        "started_at",
        (
            "coalesce(c.search_text, '')",
            "coalesce((SELECT {join}(n.search_text, ' ') FROM note n WHERE n.call_id = t.id), '')",
        ),
        joins="LEFT JOIN customer c ON c.id = t.customer_id",
        numbers="t.phone",
        tokens="coalesce('#' || replace(t.customer_id, '_', ''), '')",
    ),
    "customer": Source(
        "customer",
        "created_at",
        ("t.search_text",),
        numbers="(SELECT {join}(p.e164, ' ') FROM customer_phone p WHERE p.customer_id = t.id)",
    ),
    "message": Source("message", "created_at", ("t.search_text",), numbers="coalesce(t.phone, t.party)"),
    **{name: Source(name, at, ("t.search_text",)) for name, at in WORDED.items()},
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """A change of `table` after which entries are made anew. `columns` are those that matter in an UPDATE;
    `refreshed` are selections of kind and id of what the row (`{row}`) is in.
    """

    table: str
    columns: tuple[str, ...]
    refreshed: tuple[str, ...]


def _own(kind: str) -> str:
    return f"SELECT '{kind}', {{row}}.id"


TRIGGERS = (
    Trigger("call", ("started_at", "phone", "customer_id"), (_own("call"),)),
    Trigger(
        "note",
        ("search_text", "call_id", "created_at"),
        (_own("note"), "SELECT 'call', {row}.call_id WHERE {row}.call_id IS NOT NULL"),
    ),
    Trigger("customer", ("created_at",), (_own("customer"),)),
    Trigger(
        "customer",
        ("search_text",),
        (_own("customer"), "SELECT 'call', call.id FROM call WHERE call.customer_id = {row}.id"),
    ),
    Trigger("customer_phone", ("customer_id", "e164"), ("SELECT 'customer', {row}.customer_id",)),
    Trigger("message", ("search_text", "phone", "party", "created_at"), (_own("message"),)),
    *(Trigger(name, ("search_text", at), (_own(name),)) for name, at in WORDED.items() if name != "note"),
)
