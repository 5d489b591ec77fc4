"""Lists a page at a time, by keyset: newest first, with an opaque cursor to go on from."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

Row = TypeVar("Row")
CURSOR_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended: the time and the id of its last item."""

    at: datetime
    id: str

    def to_cursor(self) -> str:
        """The mark as it is handed out."""
        told = json.dumps([self.at.isoformat(), self.id], separators=(",", ":"))
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def from_cursor(cursor: object) -> Mark | None:
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


def _mark(at: object, place: object) -> Mark:
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
    return Mark(moment, place)


class PageQuery(BaseModel):
    """What every list takes: how many items, and where to go on."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=50, ge=1, le=200, description="How many items at most.")
    cursor: Annotated[Mark | None, BeforeValidator(from_cursor), WithJsonSchema({"type": "string"})] = Field(
        default=None, description="`next` of the page before."
    )

    @property
    def after(self) -> tuple[datetime, str] | None:
        """The time and id to go on from."""
        return None if self.cursor is None else (self.cursor.at, self.cursor.id)


def cut(rows: Sequence[Row], limit: int, mark: Callable[[Row], Mark]) -> tuple[list[Row], str | None]:
    """The page among one row more than asked for, and the cursor of the next page if there is one."""
    page = list(rows[:limit])
    return page, mark(page[-1]).to_cursor() if len(rows) > limit else None
