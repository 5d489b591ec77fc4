"""The page to go back to after the language was changed."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match

from callcrm.web import security


def page_at(routes: Sequence[BaseRoute], path: str) -> str:
    """The path itself where a page has it, else the nearest one above it that has a page.

    What a form was answered with stands at the address it was sent to, where no page can be asked for.
    """
    path = security.local_path(path)
    while path.strip("/") and not _is_page(routes, path.partition("?")[0]):
        path = path.partition("?")[0].rpartition("/")[0]
    return path or "/"


def _is_page(routes: Sequence[BaseRoute], path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] == Match.FULL for route in routes)
