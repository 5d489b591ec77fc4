"""The OpenAPI 3.1 document, generated from the endpoints."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from callcrm import __version__
from callcrm.api.http.endpoints import Endpoint
from callcrm.api.http.operations import REF, Json, parameters, raw_content, responses
from callcrm.views.objects import shapes

PREFIX = "/api/v1"


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
        wanted += [
            (model, "validation") for model in (endpoint.body, endpoint.upload, endpoint.query) if model
        ]
    schemas, definitions = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    components: dict[str, Json] = definitions["$defs"]
    for model, mode in wanted:
        if model.__name__.endswith("Query"):
            components.pop(model.__name__, None)
        elif mode == "validation":
            # What a client fills in by itself would change what its user left out.
            for field in components[model.__name__].get("properties", {}).values():
                field.pop("default", None)
    return schemas, components


def _operation(endpoint: Endpoint, schemas: Schemas) -> Json:
    operation: Json = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "description": f"For the role {endpoint.role} and above.",
        "parameters": parameters(endpoint),
        "responses": responses(endpoint, _content(endpoint, schemas)),
    }
    if endpoint.body:
        schema = schemas[(endpoint.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if endpoint.upload:
        schema = schemas[(endpoint.upload, "validation")]
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return operation


def _content(endpoint: Endpoint, schemas: Schemas) -> Json:
    if isinstance(endpoint.answers, str):
        return raw_content(endpoint.answers)
    return {"application/json": {"schema": schemas[(endpoint.answers, "serialization")]}}


def _itself() -> Json:
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "security": [],
        "responses": {"200": {"description": "This document.", "content": {"application/json": {}}}},
    }
