"""Paging by keyset: an opaque cursor names the last item of a page."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from callcrm.base.calendars import is_in_range

Row = TypeVar("Row")
CURSOR_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """The time and id of a page's last item."""

    at: datetime
    id: str

    def to_cursor(self) -> str:
        """The cursor as opaque text."""
        text = json.dumps([self.at.isoformat(), self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_cursor(cursor: object) -> Cursor | None:
    """The cursor in such a text, None for None; ValueError for a text that is not one."""
    if cursor is None:
        return None
    if not isinstance(cursor, str) or len(cursor) > CURSOR_LIMIT:
        raise ValueError("is not a cursor of ours")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        at, row_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        return _checked_cursor(at, row_id)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ValueError("is not a cursor of ours") from None


def _checked_cursor(at: object, row_id: object) -> Cursor:
    if (
        not isinstance(at, str)
        or not isinstance(row_id, str)
        or not row_id.isascii()
        or not row_id.isprintable()
    ):
        raise ValueError(at)
    time = datetime.fromisoformat(at)
    if time.tzinfo is None or time.utcoffset() or not is_in_range(time):
        raise ValueError(at)
    return Cursor(time, row_id)


def cut_page(
    rows: Sequence[Row], limit: int, cursor_of: Callable[[Row], Cursor]
) -> tuple[list[Row], str | None]:
    """The page, from its rows and one more, and the cursor of the next page; None on the last."""
    page = list(rows[:limit])
    return page, cursor_of(page[-1]).to_cursor() if len(rows) > limit else None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that is wanted: behind `key`, or with `back` before it; without a key the first."""

    key: tuple[datetime, str] | None = None  # time and id, by which lists are sorted
    back: bool = False


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """One page of a list, with the cursors of the previous and the next page, if any."""

    rows: Sequence[Row]
    before: str | None
    after: str | None


def page_request(query: Mapping[str, str]) -> PageRequest:
    """The page named by `?before=` or `?after=`; the first page for a cursor that is invalid."""
    for name in ("before", "after"):
        with suppress(ValueError):
            cursor = from_cursor(query.get(name))
            if cursor is not None:
                return PageRequest((cursor.at, cursor.id), back=name == "before")
    return PageRequest()


def list_page(
    rows: Sequence[Row], limit: int, request: PageRequest, cursor_of: Callable[[Row], Cursor]
) -> ListPage[Row]:
    """The page from its rows and one more; rows that were read backwards are put in the list's order."""
    page, more = list(rows[:limit]), len(rows) > limit
    if request.back:
        page.reverse()
    before = more if request.back else request.key is not None
    after = bool(page) if request.back else more
    return ListPage(
        page,
        cursor_of(page[0]).to_cursor() if before and page else None,
        cursor_of(page[-1]).to_cursor() if after else None,
    )
