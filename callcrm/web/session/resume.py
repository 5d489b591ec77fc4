"""Back in the form that was sent when its session had ended, with what was typed."""

from functools import partial

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from callcrm.agents.browser import kept_forms
from callcrm.models import KeptForm
from callcrm.web import kept_form
from callcrm.web.page import Page
from callcrm.web.routes import RouteRule, check_role, get
from callcrm.web.security import PLAYER


async def resume(page: Page) -> Response:
    """The form as it was, to be sent again; without one the first page."""
    secret = kept_form.secret_of(page.request, page.web)
    find = partial(kept_forms.find, secret=secret, user_id=page.user.user_id, now=page.now)
    form = await page.read(find) if secret else None
    target = _route_of(page.request, form) if form else None
    if form is None or target is None:
        return page.redirect("/")
    rule, scope = target
    check_role(page.user, rule.role)
    assert rule.refill is not None
    fields: list[tuple[str, str | UploadFile]] = [(str(name), str(value)) for name, value in form.fields]
    return await rule.refill(page.of_form(Request(scope, page.request.receive), fields))


def _route_of(request: Request, form: KeptForm) -> tuple[RouteRule, dict[str, object]] | None:
    """The rule of the route that the form was sent to, and the scope of a request for it."""
    routes: list[BaseRoute] = request.app.routes
    for route in routes:
        scope = {**request.scope, "method": "POST", "path": form.path, "query_string": b""}
        match, more = route.matches(scope)
        rule = getattr(more.get("endpoint"), "rule", None)
        if match is Match.FULL and isinstance(rule, RouteRule) and rule.refill:
            return rule, {**scope, **more, "method": "GET"}
    return None


routes = [get(kept_form.RESUME, resume, policy=PLAYER)]
