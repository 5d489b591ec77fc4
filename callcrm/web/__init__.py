"""The HTML edge: pages, one file each, in the folder of their noun.

Routes are collected from every module of this package that has `routes`, so that a new noun's pages touch
nothing but their own folder.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

from starlette.routing import BaseRoute, Route

from callcrm.edge.unique import unique
from callcrm.web import assets


def _routes() -> Iterator[Route]:
    for module in walk_packages(__path__, f"{__name__}."):
        yield from getattr(import_module(module.name), "routes", ())


def _by_path(route: Route) -> tuple[list[tuple[bool, str]], str]:
    """Sorts literal path segments before parameters: /customers/new before /customers/{id}."""
    return [(part.startswith("{"), part) for part in route.path.split("/")], route.name


def address(route: Route) -> str:
    """The methods and the path of a route; two that answer the same requests have one address."""
    path = "/".join("*" if part.startswith("{") else part for part in route.path.split("/"))
    return f"{' '.join(sorted(route.methods or ()))} {path}"


routes: list[BaseRoute] = [assets.route, *sorted(unique(_routes(), address), key=_by_path)]
