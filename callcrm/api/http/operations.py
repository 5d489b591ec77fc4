"""What an operation of the OpenAPI document says besides its bodies: parameters, headers and errors."""

import re
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from callcrm.api.http import idempotency, problems
from callcrm.api.http.endpoints import CHANGING, Endpoint
from callcrm.base.objects import VersionedShape, WholeList

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[\\x21-\\x7e]{1,64}$"}
TAGS = {"type": "string"}
PROBLEM = {problems.MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}
STREAM = "text/event-stream"


def parameters(endpoint: Endpoint) -> list[Json]:
    """What is sent in the path, the query string and the headers."""
    return [*_in_path(endpoint), *_in_query(endpoint), *_in_header(endpoint)]


def _in_path(endpoint: Endpoint) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": ID} for name in names]


def _in_query(endpoint: Endpoint) -> list[Json]:
    if endpoint.query is None:
        return []
    query = endpoint.query.model_json_schema(ref_template=REF, schema_generator=GenerateJsonSchema)
    return [_parameter(name, dict(schema)) for name, schema in query["properties"].items()]


def _parameter(name: str, schema: Json) -> Json:
    parameter: Json = {"name": name, "in": "query"}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    # A parameter is left out where a field is null.
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    left_out = {"title", *(["default"] if schema.get("default") is None else [])}
    plain = kinds[0] if kinds else {key: value for key, value in schema.items() if key not in left_out}
    return parameter | {"schema": plain}


def _in_header(endpoint: Endpoint) -> list[Json]:
    headers: dict[str, tuple[Json, str]] = {}
    if endpoint.idempotent:
        limits = {"minLength": 1, "maxLength": idempotency.LIMIT, "pattern": "^[ -~]+$"}
        headers[idempotency.HEADER] = ({"type": "string", **limits}, IDEMPOTENT)
    if endpoint.method in CHANGING and is_versioned(endpoint):
        headers["If-Match"] = (TAGS, IF_MATCH)
    if is_binary(endpoint):
        headers["Range"] = ({"type": "string"}, "The bytes that are wanted: `bytes=0-499`.")
        headers["If-None-Match"] = (TAGS, "An `ETag`: while it is the same, 304 without a body.")
    return [
        {"name": name, "in": "header", "description": text, "schema": schema}
        for name, (schema, text) in headers.items()
    ]


IDEMPOTENT = "The same key with the same request gets the same answer again, and nothing happens twice."
IF_MATCH = (
    "The `ETag` of the version that the change is based on, several with commas, or `*`. If the object is "
    "another one by now, nothing is changed and the answer is 412, with the object as it is."
)


def is_versioned(endpoint: Endpoint) -> bool:
    """Whether it answers with something that people edit."""
    return isinstance(endpoint.answers, type) and issubclass(endpoint.answers, VersionedShape | WholeList)


def is_binary(endpoint: Endpoint) -> bool:
    """Whether it answers with a file."""
    return isinstance(endpoint.answers, str) and endpoint.answers not in ("", STREAM)


def raw_content(media_type: str) -> Json:
    """The content of an answer that is no JSON; none for ""."""
    if not media_type:
        return {}
    form = {} if media_type == STREAM else {"format": "binary"}
    return {media_type: {"schema": {"type": "string", **form}}}


def responses(endpoint: Endpoint, content: Json) -> Json:
    """Every answer, by status: what is wanted, and the problems that it may be instead."""
    success: Json = {"description": endpoint.summary, **({"content": content} if content else {})}
    answers = {str(endpoint.status): success}
    if endpoint.once:
        answers["200"] = {**success, "description": "It was there already."}
    if is_versioned(endpoint):
        success["headers"] = {"ETag": _header("The object's version, for `If-Match`.")}
    if is_binary(endpoint):
        success["headers"] = FILE_HEADERS
        partial = {"Content-Range": _header("Which bytes these are."), **FILE_HEADERS}
        answers["206"] = {"description": "Some of the bytes.", "headers": partial, "content": content}
        answers["304"] = {"description": "The file is the one that the client has."}
    problem = {str(status): {"description": text, "content": PROBLEM} for status, text in _errors(endpoint)}
    return answers | problem | {"default": {"description": "An error.", "content": PROBLEM}}


def _header(text: str) -> Json:
    return {"description": text, "schema": {"type": "string"}}


FILE_HEADERS = {"ETag": _header("The file's tag."), "Accept-Ranges": _header("`bytes`.")}


def _errors(endpoint: Endpoint) -> list[tuple[int, str]]:
    changes = endpoint.method != "GET"
    cases = (
        (400, True, "The request is malformed; `errors` names what is."),
        (401, True, "There is no token, or not a valid one."),
        (403, True, "The token's role does not reach, or it is another's to do."),
        (404, "{id}" in endpoint.path, "There is no such thing, or not for this token."),
        (409, changes, "It contradicts what is stored."),
        (412, endpoint.method in CHANGING and is_versioned(endpoint), "Somebody else changed it: `present`."),
        (413, endpoint.body is not None, "The body is larger than 1 MB."),
        (413, endpoint.upload is not None, "The file is larger than 100 MB."),
        (415, endpoint.body is not None, "The body is not JSON in UTF-8."),
        (416, is_binary(endpoint), "There are no such bytes."),
        (422, changes, "It can't be done as asked; `errors` names the fields."),
        (429, changes, "Too many, for now."),
        (503, True, "A part is down; trying again may help."),
    )
    return [(status, text) for status, applies, text in cases if applies]
