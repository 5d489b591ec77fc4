"""The OpenAPI 3.1 document, made of the table the router is made of."""

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
Told = dict[str, Any]


def document(endpoints: Sequence[Endpoint]) -> Told:
    """The whole document."""
    schemas, components = _schemas(endpoints)
    paths: dict[str, Told] = {}
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
Schemas = Mapping[tuple[Any, JsonSchemaMode], Told]


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[Schemas, dict[str, Told]]:
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
    schemas, whole = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    components: dict[str, Told] = whole["$defs"]
    for model, _ in wanted:
        if model.__name__.endswith("Query"):
            components.pop(model.__name__, None)
    return schemas, components


def _operation(endpoint: Endpoint, schemas: Schemas) -> Told:
    told: Told = {
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
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return told


PROBLEM = {problems.MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}}}


def _content(endpoint: Endpoint, schemas: Schemas) -> Told:
    if isinstance(endpoint.answers, str):
        return {endpoint.answers: {}}
    return {"application/json": {"schema": schemas[(endpoint.answers, "serialization")]}}


def _in_path(endpoint: Endpoint) -> list[Told]:
    names = re.findall(r"\{(\w+)\}", endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(endpoint: Endpoint) -> list[Told]:
    if endpoint.query is None:
        return []
    found = endpoint.query.model_json_schema(ref_template=REF, schema_generator=GenerateJsonSchema)
    return [_parameter(name, dict(schema)) for name, schema in found["properties"].items()]


def _parameter(name: str, schema: Told) -> Told:
    told: Told = {"name": name, "in": "query"}
    if "description" in schema:
        told["description"] = schema.pop("description")
    some = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    left_out = {"title", *(["default"] if schema.get("default") is None else [])}
    plain = some[0] if some else {key: value for key, value in schema.items() if key not in left_out}
    return told | {"schema": plain}


def _in_header(endpoint: Endpoint) -> list[Told]:
    if not endpoint.once:
        return []
    told = "The same key with the same request gets the same answer again, and nothing happens twice."
    key: Told = {"type": "string", "minLength": 1, "maxLength": idempotency.LIMIT}
    return (
        [{"name": idempotency.HEADER, "in": "header", "description": told, "schema": key}]
        if endpoint.once
        else []
    )


def _itself() -> Told:
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "security": [],
        "responses": {"200": {"description": "This document.", "content": {"application/json": {}}}},
    }
