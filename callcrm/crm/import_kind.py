"""What can be brought in by file: its fields, how rows are read and written, and taken away again."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from callcrm.i18n.locale import Locale

Text = Callable[[Locale], str]


@dataclass(frozen=True, slots=True)
class ImportField:
    """A field that a column may be; `headings` are names that files have for it, in any language, with
    `;` between.
    """

    name: str
    title: Text
    headings: str


@dataclass(frozen=True, slots=True)
class Setting:
    """How the cells of a file are read, and by whom it is brought in. `own` numbers are the business's."""

    import_id: str
    region: str
    own: frozenset[str]
    zone: ZoneInfo
    currency: str
    day_first: bool
    by: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file: its number as the file shows it, and its cells by field; empty ones are left out."""

    number: int
    cells: Mapping[str, str]


class WrongCell(Exception):
    """A cell that can't be what its column is; `message` has a placeholder for each of `values`."""

    def __init__(self, field_name: str, message: str, **values: object) -> None:
        super().__init__(message)
        self.field: str = field_name
        self.message, self.values = message, values


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, in a field."""

    row: int
    field: str
    message: str
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What a batch of rows does, before it is done; `work` is for the kind that planned it."""

    created: int = 0
    changed: int = 0
    skipped: int = 0
    faults: list[Fault] = dataclasses.field(default_factory=list)
    work: Any = None


@dataclass(slots=True)
class Seen:
    """What a process remembers from batch to batch of one run: a dry run's rows are in no table."""

    dry_run: bool
    maps: dict[str, dict[Any, Any]] = dataclasses.field(default_factory=dict)

    def of(self, name: str) -> dict[Any, Any]:
        """What was seen under this name, by whatever it is known by."""
        return self.maps.setdefault(name, {})


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken away at a time: how many things, how many stay, and where to go on; None at the end."""

    taken: int
    kept: int
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind:
    """A kind of import. `check` raises Refused for a mapping to fields that are too few.

    `read` makes a record of a row, or raises WrongCell. `plan` says what records do, and changes nothing;
    `write` does it, in the same transaction. `undo` takes away some of what an import brought, the rest by
    calling it again.
    """

    name: str
    title: Text
    fields: Sequence[ImportField]
    check: Callable[[Collection[str]], None]
    read: Callable[[FileRow, Setting], Any]
    plan: Callable[[Session, Sequence[Any], Setting, Seen], Plan]
    write: Callable[[Session, Plan, Setting, Seen], None]
    undo: Callable[[Session, str, str, datetime], Undone]
