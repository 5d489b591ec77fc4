"""Base classes of the API's objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    RootModel,
    SerializationInfo,
    WithJsonSchema,
)

from callcrm.base.clock import rfc3339

Time = Annotated[
    datetime, PlainSerializer(rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})
]
Item = TypeVar("Item")
PREFIX = "prefix"  # in the context of a serialization: the path of the public URL


def _below_prefix(path: str, serialization: SerializationInfo) -> str:
    context: dict[str, str] = serialization.context or {}
    return context.get(PREFIX, "") + path


# A path of ours: written below the prefix.
OurPath = Annotated[str, PlainSerializer(_below_prefix, return_type=str)]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{3,14}$")]


class Shape(BaseModel):
    """The base of all objects: every field is present, empty or not."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, frozen=True)


class VersionedShape(Shape):
    """The base of objects that people edit: answered with an ETag, which is their `version` in quotes."""

    version: int = Field(exclude=True)


class WholeList(RootModel[list[Item]], Generic[Item]):
    """A list that is read and written whole: a bare array, answered with an ETag as one object is."""

    _version: int = PrivateAttr(default=1)

    @classmethod
    def of(cls, items: Sequence[Item], version: int) -> Self:
        """The list of these items, in this version."""
        made = cls(list(items))
        made._version = version
        return made

    @property
    def version(self) -> int:
        """Grows with each change."""
        return self._version


class Named(Shape):
    """A reference to a user or customer: id and name."""

    id: str
    name: str
