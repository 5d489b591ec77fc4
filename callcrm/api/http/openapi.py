"""The OpenAPI 3.1 document, generated from the endpoints."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from callcrm import __version__
from callcrm.api.http import idempotency, problems
from callcrm.api.http.endpoints import Endpoint
from callcrm.views.objects import shapes

REF = "#/components/schemas/{model}"
PREFIX = "/api/v1"
Json = dict[str, Any]


def document(endpoints: Sequence[Endpoint]) -> Json:
    """The document, as JSON objects."""
    schemas, components = _schemas(endpoints)
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        path = paths.setdefault(endpoint.path, {})
        path[endpoint.method.lower()] = _operation(endpoint, schemas)
    paths["/openapi.json"] = {"get": _itself()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "callcrm", "version": __version__, "description": ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": components,
        },
    }


ABOUT = (
    "Times are RFC 3339 in UTC, ids are opaque strings, lists go newest first with an opaque cursor; "
    "errors are application/problem+json (RFC 9457)."
)
Schemas = Mapping[tuple[Any, JsonSchemaMode], Json]


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[Schemas, dict[str, Json]]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (shapes.Problem, "serialization"),
        (shapes.LiveCall, "serialization"),
        (shapes.LiveQueue, "serialization"),
        (shapes.LiveAgent, "serialization"),
    ]
    for endpoint in endpoints:
        if not isinstance(endpoint.answers, str):
            wanted.append((endpoint.answers, "serialization"))
        wanted += [(model, "validation") for model in (endpoint.body, endpoint.query) if model]
    schemas, definitions = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    components: dict[str, Json] = definitions["$defs"]
    for model, _ in wanted:
        if model.__name__.endswith("Query"):
            components.pop(model.__name__, None)
    return schemas, components


def _operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    operation: Json = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "description": f"For the role {endpoint.role} and above.",
        "parameters": [*_in_path(endpoint), *_in_query(endpoint), *_in_header(endpoint)],
        "responses": {
            str(endpoint.status): {"description": endpoint.summary, "content": _content(endpoint, schemas)},
            "default": {"description": "An error.", "content": PROBLEM},
        },
    }
    if endpoint.body:
        schema = schemas[(endpoint.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


PROBLEM = {problems.MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}


def _content(endpoint: Endpoint, schemas: Schemas) -> Json:
    if isinstance(endpoint.answers, str):
        return {endpoint.answers: {}} if endpoint.answers else {}
    return {"application/json": {"schema": schemas[(endpoint.answers, "serialization")]}}


def _in_path(endpoint: Endpoint) -> list[Json]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


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
    if not endpoint.idempotent:
        return []
    description = "The same key with the same request gets the same answer again, and nothing happens twice."
    key: Json = {"type": "string", "minLength": 1, "maxLength": idempotency.LIMIT}
    return [{"name": idempotency.HEADER, "in": "header", "description": description, "schema": key}]


def _itself() -> Json:
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "security": [],
        "responses": {"200": {"description": "This document.", "content": {"application/json": {}}}},
    }
