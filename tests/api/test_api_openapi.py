"""The OpenAPI document tells all there is. (Every other test here holds answers against it.)"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount, Route

from callcrm import api
from tests.api.access.rows import noun_idempotent
from tests.api.support.office import DOCUMENT, Office


def test_anybody_may_read_the_document(office: Office) -> None:
    assert office.stranger.get("/openapi.json") == json.loads(json.dumps(DOCUMENT))


def test_the_document_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_route_is_in_the_document() -> None:
    (mount,) = api.routes
    assert isinstance(mount, Mount)
    paths = [route.path for route in mount.routes if isinstance(route, Route)]
    assert (sorted(paths), len(paths)) == (sorted(DOCUMENT["paths"]), len(mount.routes))


def test_the_document_names_the_contracts_fields() -> None:
    call = DOCUMENT["components"]["schemas"]["Call"]
    assert {"from", "from_raw", "candidates", "ivr_path", "wait_seconds"} <= set(call["required"])


def test_what_takes_an_idempotency_key_says_so() -> None:
    taking = {
        (method, path)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    }
    assert taking == noun_idempotent() | {
        ("post", "/calls"),
        ("post", "/calls/{id}/notes"),
        ("post", "/customers"),
    }


def test_what_calls_can_be_asked_for_by_is_in_the_document() -> None:
    parameters = {parameter["name"] for parameter in DOCUMENT["paths"]["/calls"]["get"]["parameters"]}
    filters = "customer phone agent queue subject direction outcome state since until q limit cursor"
    assert parameters == set(filters.split())


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of all there is."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def bodies() -> dict[str, dict[str, Any]]:
    """The schemas of the bodies that are sent, by name."""
    sent = (operation["requestBody"] for _, _, operation in operations() if "requestBody" in operation)
    contents = (content for body in sent for content in body["content"].values())
    names = {content["schema"]["$ref"].rpartition("/")[2] for content in contents}
    return {name: DOCUMENT["components"]["schemas"][name] for name in names}


def test_no_body_has_a_default_that_a_client_would_send_for_what_was_left_out() -> None:
    assert [name for name, schema in bodies().items() if '"default"' in json.dumps(schema)] == []


def texts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of all texts in a schema."""
    if schema.get("type") == "string":
        yield schema
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), schema.get("items", {})]
    for part in parts:
        yield from texts(part) if part else ()


def test_every_text_that_is_sent_says_how_long_it_may_be() -> None:
    known = ("maxLength", "enum", "const", "format")
    unlimited = [
        (name, text)
        for name, schema in bodies().items()
        for text in texts(schema)
        if not any(map(text.get, known))
    ]
    assert unlimited == []


@pytest.mark.parametrize(
    ("body", "field"), [("CustomerIn", "name"), ("NoteIn", "body"), ("PromiseIn", "what")]
)
def test_what_may_not_be_blank_says_so(body: str, field: str) -> None:
    text = bodies()[body]["properties"][field]
    assert text["minLength"] == 1
    assert re.search(text["pattern"], " a line\n")
    assert not re.search(text["pattern"], " \n")
    assert not re.search(text["pattern"], "a\x00")


def test_audio_is_binary_and_may_be_had_in_parts() -> None:
    operation = DOCUMENT["paths"]["/recordings/{id}/media"]["get"]
    assert {"Range", "If-None-Match"} <= {parameter["name"] for parameter in operation["parameters"]}
    for status in ("200", "206"):
        content = operation["responses"][status]["content"]
        assert content == {"audio/*": {"schema": {"type": "string", "format": "binary"}}}


def test_every_error_is_a_problem_document() -> None:
    for method, path, operation in operations():
        if path == "/openapi.json":
            continue
        problems = {code: answer for code, answer in operation["responses"].items() if code >= "4"}
        assert {"400", "401", "403", "503", "default"} <= problems.keys(), (method, path)
        assert {tuple(answer["content"]) for answer in problems.values()} == {("application/problem+json",)}


def test_what_is_edited_says_its_tag_and_takes_it_back() -> None:
    tagged, matching = set(), set()
    for method, path, operation in operations():
        if any("ETag" in answer.get("headers", {}) for answer in operation["responses"].values()):
            tagged.add((method, path))
        if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", ())):
            assert "412" in operation["responses"]
            matching.add((method, path))
    assert {("get", path) for method, path in matching if method == "patch"} <= tagged
    assert matching >= {
        ("patch", f"/{noun}/{{id}}") for noun in ("agents", "calls", "customers", "notes", "promises")
    } | {("put", "/agents/{id}/state")}
