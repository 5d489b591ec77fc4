"""Lists a page at a time, by keyset: an opaque cursor says where a page ended, and where to go on."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

Row = TypeVar("Row")
CURSOR_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the time and the id of its last item."""

    at: datetime
    id: str

    def to_cursor(self) -> str:
        """The mark as it is handed out."""
        told = json.dumps([self.at.isoformat(), self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def from_cursor(cursor: object) -> Cursor | None:
    """The mark in a cursor we handed out; ValueError for anything else."""
    if cursor is None:
        return None
    if not isinstance(cursor, str) or len(cursor) > CURSOR_LIMIT:
        raise ValueError("is not a cursor of ours")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        at, place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        return _mark(at, place)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ValueError("is not a cursor of ours") from None


def _mark(at: object, place: object) -> Cursor:
    if (
        not isinstance(at, str)
        or not isinstance(place, str)
        or not place.isascii()
        or not place.isprintable()
    ):
        raise ValueError(at)
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or moment.utcoffset() or not 1900 <= moment.year <= 9000:
        raise ValueError(at)
    return Cursor(moment, place)


def cut(rows: Sequence[Row], limit: int, mark: Callable[[Row], Cursor]) -> tuple[list[Row], str | None]:
    """The page among one row more than asked for, and the cursor of the next page if there is one."""
    page = list(rows[:limit])
    return page, mark(page[-1]).to_cursor() if len(rows) > limit else None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which way somebody turns the pages of a list, and from where; without a place it is the first page."""

    place: tuple[datetime, str] | None = None
    back: bool = False


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """One page of a list in its own order, and the cursors of the pages before and after it, if any."""

    rows: Sequence[Row]
    before: str | None
    after: str | None


def page_request(query: Mapping[str, str]) -> PageRequest:
    """Where `?before=` or `?after=` leads; a cursor that is none of ours leads to the first page."""
    for name in ("before", "after"):
        with suppress(ValueError):
            mark = from_cursor(query.get(name))
            if mark is not None:
                return PageRequest((mark.at, mark.id), back=name == "before")
    return PageRequest()


def list_page(
    rows: Sequence[Row], limit: int, turn: PageRequest, mark: Callable[[Row], Cursor]
) -> ListPage[Row]:
    """The page among one row more than asked for; turned back, rows come nearest first, in reverse."""
    page, more = list(rows[:limit]), len(rows) > limit
    if turn.back:
        page.reverse()
    before = more if turn.back else turn.place is not None
    after = bool(page) if turn.back else more
    return ListPage(
        page,
        mark(page[0]).to_cursor() if before and page else None,
        mark(page[-1]).to_cursor() if after else None,
    )
