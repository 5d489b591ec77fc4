"""What objects of the API are made of, wherever they are defined."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from callcrm.base.clock import rfc3339

Time = Annotated[
    datetime, PlainSerializer(rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})
]
E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{3,14}$")]


class Shape(BaseModel):
    """What all answers share: nothing is left out, empty or not."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, frozen=True)


class Named(Shape):
    """Somebody, by id and name."""

    id: str
    name: str
