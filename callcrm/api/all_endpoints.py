"""Every endpoint of the API, for the router and the OpenAPI document.

Endpoints are collected from every file below this package that has `endpoints`, so that a new noun's touch
nothing but their own file.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from callcrm.api.http.endpoints import Endpoint
from callcrm.edge.unique import unique


def _endpoints() -> Iterator[Endpoint]:
    for module in walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        if not module.ispkg and module.name != __name__:
            yield from getattr(import_module(module.name), "endpoints", ())


def _address(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


# In this order what is named comes before what is a parameter: /tiers/best before /tiers/{id}.
ENDPOINTS = tuple(sorted(unique(_endpoints(), _address), key=lambda endpoint: endpoint.path))
