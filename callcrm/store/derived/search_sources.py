"""What is searched: of each kind of entry the rows it comes from, and its text, in SQL of both engines.

The text of an entry is tokens with spaces between: the words of the folded columns, and tokens that begin
with `#`, which no word does. Those are the kind, the values of filters, and the grams of numbers in their
order, so that digits anywhere in a number are a phrase.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlmodel import SQLModel

import callcrm.models
from callcrm.models import LONG_WAIT, CallState, RecordingStatus
from callcrm.models.message import UNANSWERED

assert callcrm.models.__all__, "importing the models registers the tables"

LONGEST_NUMBER = 20  # digits
# The last gram of a number is the shortest. Half the numbers of a town share each of the short ones, whose
# entries would all be gone through for a whole number: that is looked for by its long ones.
SHORTEST_GRAM, GRAM, LONG_GRAM = 3, 4, 7  # digits
LONGEST_TEXT = 200_000  # characters: a tsvector holds a megabyte
CALLS_OF = "customer_calls"  # what is due where all calls of a customer are
RECORDED = (RecordingStatus.STORED, RecordingStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of one kind: `table` under the alias `t`, `joins` that follow it, the column `at` that orders
    its entries, and the parts of its text. `numbers` selects the numbers as `number`. `filters` are values in
    SQL by the name of their filter, whose tokens begin with `mark`, so that no two kinds share one.
    """

    table: str
    at: str
    words: tuple[str, ...]
    joins: str = ""
    numbers: str | None = None
    mark: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)


def _flag(condition: str) -> str:
    return f"CASE WHEN {condition} THEN '' END"


def _in(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


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
        numbers="SELECT t.phone AS number WHERE t.phone IS NOT NULL",
        filters={
            "customer": "t.customer_id",
            "phone": "replace(t.phone, '+', '')",
            "agent": "t.agent_id",
            "queue": "{hex}(t.queue)",  # a name may have spaces
            "subject": "{hex}(t.subject)",
            "direction": "t.direction",
            "outcome": "t.outcome",
            "language": "t.language",
            "tier": "c.tier",
            "open": _flag(f"t.state <> '{CallState.ENDED}'"),
            "waited": _flag(f"t.wait_seconds > {LONG_WAIT}"),
            "recorded": _flag(
                f"EXISTS (SELECT 1 FROM recording r WHERE r.call_id = t.id AND r.status IN ({_in(RECORDED)}))"
            ),
        },
    ),
    "customer": Source(
        "customer",
        "created_at",
        ("t.search_text",),
        numbers="SELECT p.e164 AS number FROM customer_phone p WHERE p.customer_id = t.id",
    ),
    "message": Source(
        "message",
        "created_at",
        ("t.search_text",),
        numbers="SELECT coalesce(t.phone, t.party) AS number",
        mark="m",
        filters={
            "customer": "t.customer_id",
            "direction": "t.direction",
            "channel": "t.channel",
            "status": "t.status",
            "unanswered": _flag(f"t.{UNANSWERED.replace('answered_at', 't.answered_at')}"),
        },
    ),
    **{name: Source(name, at, ("t.search_text",)) for name, at in WORDED.items()},
}


@dataclass(frozen=True, slots=True)
class Watch:
    """A table after whose changes entries are due: `due` are their kinds, each with the column of the row
    that has the subject's id. `changes` are the columns an UPDATE must change, each with the value that
    counts, in SQL of `{row}`.
    """

    table: str
    due: tuple[tuple[str, str], ...]
    changes: Mapping[str, str]
    updates_only: bool = False

    def is_changed(self, differs: str) -> str:
        """The condition that an UPDATE has changed something; `differs` is the engine's operator."""
        pairs = (
            f"{value.format(row='OLD')} {differs} {value.format(row='NEW')}"
            for value in self.changes.values()
        )
        return " OR ".join(pairs)


def _columns(*names: str) -> dict[str, str]:
    return {name: f"{{row}}.{name}" for name in names}


WATCHES = (
    Watch(
        "call",
        (("call", "id"),),
        {
            **_columns("started_at", "phone", "customer_id", "agent_id", "queue", "direction", "outcome"),
            **_columns("language", "subject"),
            "state": f"({{row}}.state = '{CallState.ENDED}')",
            "wait_seconds": f"(coalesce({{row}}.wait_seconds, 0) > {LONG_WAIT})",
        },
    ),
    Watch(
        "recording",
        (("call", "call_id"),),
        {**_columns("call_id"), "status": f"({{row}}.status IN ({_in(RECORDED)}))"},
    ),
    Watch("note", (("note", "id"), ("call", "call_id")), _columns("search_text", "call_id", "created_at")),
    Watch("customer", (("customer", "id"),), _columns("search_text", "created_at")),
    Watch("customer", ((CALLS_OF, "id"),), _columns("search_text", "tier"), updates_only=True),
    Watch("customer_phone", (("customer", "customer_id"),), _columns("customer_id", "e164")),
    Watch(
        "message",
        (("message", "id"),),
        {
            **_columns("search_text", "phone", "party", "created_at"),
            **_columns("customer_id", "direction", "channel", "status", "answered_at"),
        },
    ),
    *(
        Watch(name, ((name, "id"),), _columns("search_text", at))
        for name, at in WORDED.items()
        if name != "note"
    ),
)


def filter_tokens(source: Source) -> Iterator[str]:
    """Tokens of the values of filters, in SQL; each ends with a space, and is empty for a NULL."""
    for name, value in source.filters.items():
        yield f"coalesce('#{source.mark}{name}' || replace({value}, '_', '') || ' ', '')"
