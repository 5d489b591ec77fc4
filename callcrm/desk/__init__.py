"""The HTML edge: what agents and supervisors see and press. One file a page."""

from starlette.routing import BaseRoute

from callcrm.desk import (
    assets,
    desk,
    login,
    me,
    parts,
    set_password,
)

PAGES = (
    login,
    me,
    set_password,
    desk,
    parts,
)
routes: list[BaseRoute] = [assets.route, *(route for page in PAGES for route in page.routes)]
