"""The OpenAPI document tells all there is. (Every other test here holds answers against it.)"""

import json

from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount, Route

from callcrm import api
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
    assert taking == {
        ("post", "/calls"),
        ("post", "/calls/{id}/notes"),
        ("post", "/calls/{id}/promises"),
        ("post", "/customers"),
    }


def test_what_calls_can_be_asked_for_by_is_in_the_document() -> None:
    parameters = {parameter["name"] for parameter in DOCUMENT["paths"]["/calls"]["get"]["parameters"]}
    filters = "customer phone agent queue direction outcome state since until q limit cursor"
    assert parameters == set(filters.split())
