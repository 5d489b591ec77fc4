"""Base classes of the API's objects."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SerializationInfo, WithJsonSchema

from callcrm.base.clock import rfc3339

Time = Annotated[
    datetime, PlainSerializer(rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})
]
PREFIX = "prefix"  # in the context of a serialization: the path of the public URL


def _below_prefix(path: str, info: SerializationInfo) -> str:
    context: dict[str, str] = info.context or {}
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


class Named(Shape):
    """A reference to a user or customer: id and name."""

    id: str
    name: str
