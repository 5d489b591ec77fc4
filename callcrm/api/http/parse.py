"""Parsing and validation of JSON bodies, query strings and ids."""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from starlette.requests import Request

from callcrm.api.http.problems import Problem, of_fields
from callcrm.base.errors import NotFound, TooLarge
from callcrm.base.text import clean, is_storable
from callcrm.base.typed_text import normalized

LIMIT = 1_000_000
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
# Carrier SIDs of compatible carriers are any 1 to 64 printable characters; our own ids are shorter.
IDENT = re.compile(r"[\x21-\x7e]{1,64}")

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """The base of all JSON bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


async def body(request: Request, model: type[Model]) -> Model:
    """The JSON body as this model; a Problem 400, 413, 415 or 422 that says what is wrong with it."""
    _is_json(request.headers.get("content-type", ""))
    content = await _content(request)
    try:
        return model.model_validate_json(content)
    except ValidationError as fault:
        if fault.errors()[0]["type"] == "json_invalid":
            raise Problem(400, "The body is not JSON in UTF-8.") from None
        raise of_fields(422, fault) from None


def _is_json(content_type: str) -> None:
    kind, _, rest = content_type.partition(";")
    charset = rest.partition("=")[2].strip().strip('"').lower()
    if kind.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        raise Problem(
            415, "The body must be application/json in UTF-8.", headers={"Accept": "application/json"}
        )


async def _content(request: Request) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > LIMIT:
        raise TooLarge("The body is larger than 1 MB.")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LIMIT:
            raise TooLarge("The body is larger than 1 MB.")
    return bytes(content)


def query(request: Request, model: type[Model]) -> Model:
    """The query string as this model; a Problem 400 names what does not fit. Unknown names are ignored."""
    parameters = {name: value for name, value in request.query_params.items() if value != ""}
    if not all(map(is_storable, parameters.values())):
        raise Problem(400, "A parameter holds a NUL or half a surrogate pair.")
    try:
        return model.model_validate(parameters)
    except ValidationError as fault:
        raise of_fields(400, fault) from None


def ident(request: Request) -> str:
    """The path's id; NotFound if it can't be one."""
    ident = str(request.path_params["id"])
    if not IDENT.fullmatch(ident):
        raise NotFound("There is nothing at this address.")
    return ident


def _moment(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    # An unescaped + in a query string arrives as a blank.
    text = re.sub(r" (?=\d\d:\d\d$)", "+", normalized(value)) if isinstance(value, str) else ""
    if not RFC3339.fullmatch(text):
        raise ValueError("must be a time such as 2026-01-05T18:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no time there is") from None


def _storable(value: str) -> str:
    if not is_storable(value):
        raise ValueError("must not hold a NUL or half a surrogate pair")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _line(value: str) -> str:
    return clean(value).replace("\n", " ").strip()


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
# Something besides blanks, and no NUL; said in the document, checked below with a sentence of its own.
NOT_BLANK = Field(json_schema_extra={"minLength": 1, "pattern": r"^[^\u0000]*[^\u0000\s][^\u0000]*$"})
Line = Annotated[
    str,
    StringConstraints(max_length=200),
    NOT_BLANK,
    AfterValidator(_storable),
    AfterValidator(_line),
    AfterValidator(_not_blank),
]
Prose = Annotated[
    str,
    StringConstraints(max_length=100_000),
    NOT_BLANK,
    AfterValidator(_storable),
    AfterValidator(_not_blank),
]
STORABLE = Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
Text = Annotated[str, StringConstraints(max_length=200), STORABLE, AfterValidator(_storable)]
Code = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
]
Language = Annotated[
    str, StringConstraints(min_length=2, max_length=8, pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")
]
Ident = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]{1,64}$")]
