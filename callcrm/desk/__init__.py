"""The HTML edge: what agents and supervisors see and press. One file a page."""

from starlette.routing import BaseRoute

from callcrm.desk import assets, desk, login, parts, recordings

routes: list[BaseRoute] = [assets.route, *login.routes, *desk.routes, *parts.routes, *recordings.routes]
