"""Paging of lists: the parameters that all lists share."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from callcrm.base.paging import Cursor, cut_page, from_cursor

__all__ = ["Cursor", "PageQuery", "cut_page"]


class PageQuery(BaseModel):
    """Parameters of every list: the number of items, and the cursor to continue from."""

    model_config = ConfigDict(extra="ignore")

    limit: int = Field(default=50, ge=1, le=200, description="How many items at most.")
    cursor: Annotated[Cursor | None, BeforeValidator(from_cursor), WithJsonSchema({"type": "string"})] = (
        Field(default=None, description="`next` of the page before.")
    )

    @property
    def after(self) -> tuple[datetime, str] | None:
        """The time and id to continue behind; None for the first page."""
        return None if self.cursor is None else (self.cursor.at, self.cursor.id)
