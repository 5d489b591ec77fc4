"""What is found by its file is declared once."""

import pytest
from starlette.routing import Route

from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.edge.unique import unique
from callcrm.web import address, routes


def test_a_second_declaration_of_an_address_is_refused() -> None:
    assert list(unique(["a", "b"], str)) == ["a", "b"]
    with pytest.raises(ValueError, match="a is declared twice"):
        list(unique(["a", "b", "a"], str))


def test_every_page_and_endpoint_is_declared_once() -> None:
    pages = [address(route) for route in routes if isinstance(route, Route)]
    endpoints = [f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS]
    assert (len(pages), len(endpoints)) == (len(set(pages)), len(set(endpoints)))
