"""What the business decides for itself, each thing read and written whole."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON
from sqlmodel import Field

from callcrm.models.versions import Versioned


class Setting(Versioned, table=True):
    """One thing the business decides, by its name: tiers, subjects, which modules are off. Without a row it
    is as it comes out of the box.
    """

    EDITED: ClassVar[tuple[str, ...]] = ("value",)

    name: str = Field(primary_key=True, max_length=40)
    value: Any = Field(sa_type=JSON)
    changed_at: datetime
    changed_by: str | None = Field(default=None, max_length=40)
