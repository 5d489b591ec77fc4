"""The routes of the app, and who may use each according to docs/access.md."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route

from callcrm.api.http.endpoints import Resource
from callcrm.web.routes import RouteRule

ACCESS_PAGE = Path(__file__).resolve().parents[3] / "docs" / "access.md"
MATRIX_ROW = re.compile(r"^\| `([A-Z]+) (/\S*)` \| ([^|]+) \|", re.MULTILINE)
PATH_PARAMETER = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class RouteMethod:
    """One method of one path; a page's has a `rule`."""

    method: str
    path: str
    rule: RouteRule | None = None

    @property
    def name(self) -> str:
        """Method and path, as the access matrix names them."""
        return f"{self.method} {self.path}"

    @property
    def sample(self) -> str:
        """A path of this shape whose ids do not exist."""
        return PATH_PARAMETER.sub("nothing", self.path)


def route_methods(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[RouteMethod]:
    """Every method of every route but HEAD, which goes with GET."""
    for route in routes:
        if isinstance(route, Mount):
            yield from route_methods(route.routes, prefix + route.path)
            if not route.routes:
                yield RouteMethod("GET", f"{prefix}{route.path}/{{file}}")
        elif isinstance(route, Route):
            rule = getattr(route.endpoint, "rule", None)
            for method in sorted(_methods(route) - {"HEAD"}):
                yield RouteMethod(method, prefix + route.path, rule)
        else:
            raise AssertionError(f"{route!r} is of a kind this test can't read")


def _methods(route: Route) -> set[str]:
    if isinstance(route.endpoint, Resource):
        return set(route.endpoint.by_method)
    assert route.methods, route
    return set(route.methods)


@cache
def access_matrix() -> dict[str, str]:
    """Who may use a route, by its method and path, in the words of docs/access.md."""
    rows = MATRIX_ROW.findall(ACCESS_PAGE.read_text(encoding="utf-8"))
    rules = {f"{method} {path}": who.strip() for method, path, who in rows}
    assert len(rules) == len(rows), "a route is in the matrix twice"
    return rules
