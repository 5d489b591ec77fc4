"""Routes of pages: every route's role, form token and content policy are enforced here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callcrm.agents import sessions
from callcrm.agents.sessions import SignedInUser
from callcrm.base.errors import CallcrmError, Forbidden, NotFound
from callcrm.business.decided import Decided
from callcrm.business.decided import decided as read_decided
from callcrm.edge.cookies import cookie
from callcrm.edge.forms import is_form, read_form
from callcrm.edge.uploads import is_upload
from callcrm.models import Role
from callcrm.web import error_pages, kept_form, security
from callcrm.web.context import WebContext, web_of
from callcrm.web.page import Handler, Page
from callcrm.web.security import PLAIN, ContentPolicy

FORM_LIMIT = 512 * 1024


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What a route requires, and what its page may load.

    `keeps_session`: a request is an action of the user, so it keeps the session alive. `refill` shows the
    form with what was typed, if it was sent when its session had ended; without it nothing is typed. `module`
    is the part of the product that it belongs to, which may be switched off; `upload` the most bytes of a
    file that may be sent to it.
    """

    handler: Handler
    role: Role
    keeps_session: bool
    policy: ContentPolicy = PLAIN
    softphone: bool = False
    refill: Handler | None = None
    module: str | None = None
    upload: int | None = None


def of_module(name: str, routes: Iterable[Route]) -> list[Route]:
    """These routes, which are not there while this module is switched off."""
    return [
        _route(route.path, method, replace(rule_of(route), module=name))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    ]


def rule_of(route: Route) -> RouteRule:
    """The rule that a route of `get`, `post` or `put` was made with."""
    rule: RouteRule = route.endpoint.rule  # type: ignore[attr-defined]  # set by _route
    return rule


def get(
    path: str,
    handler: Handler,
    *,
    role: Role = Role.AGENT,
    keeps_session: bool = True,
    policy: ContentPolicy = PLAIN,
    softphone: bool = False,
) -> Route:
    """A page or part of one, for users with at least this role.

    `softphone`: the page may also load what the softphone's driver needs.
    """
    return _route(path, "GET", RouteRule(handler, role, keeps_session, policy, softphone))


def post(
    path: str,
    handler: Handler,
    *,
    role: Role = Role.AGENT,
    keeps_session: bool = True,
    policy: ContentPolicy = PLAIN,
    refill: Handler | None = None,
    upload: int | None = None,
) -> Route:
    """An action; it requires the form token. `refill` shows the form again with the page's `form()`. With
    `upload` it may be a form with a file of so many bytes, which the page's `upload()` reads.
    """
    rule = RouteRule(handler, role, keeps_session, policy, refill=refill, upload=upload)
    return _route(path, "POST", rule)


def put(path: str, handler: Handler, *, role: Role = Role.AGENT, keeps_session: bool = True) -> Route:
    """Something to be stored; it requires the page's token."""
    return _route(path, "PUT", RouteRule(handler, role, keeps_session))


def _route(path: str, method: str, rule: RouteRule) -> Route:
    async def endpoint(request: Request) -> Response:
        return await _answer(request, rule)

    endpoint.rule = rule  # type: ignore[attr-defined]  # read by tests of access, off the route
    limit = FORM_LIMIT + (rule.upload or 0)
    return Route(path, endpoint, methods=[method], name=f"{method} {path}", max_body_size=limit)


async def _answer(request: Request, rule: RouteRule) -> Response:
    web = web_of(request)
    response = await _handle(request, rule, web)
    policy = rule.policy.with_more(web.softphone.policy) if rule.softphone else rule.policy
    response.headers.setdefault("Content-Security-Policy", policy.header(framed=web.framed))
    return response


async def _handle(request: Request, rule: RouteRule, web: WebContext) -> Response:
    try:
        user, decided = await authenticate(request)
        if user is None:
            return await _kept(request, rule, web) or _to_login(request)
        page = page_of(request, web, user, decided, upload_limit=rule.upload)
    except CallcrmError as fault:
        return error_pages.error_page_without_store(request, web, fault)
    try:
        return await _handled(request, rule, web, page, decided.modules_off)
    finally:
        page.close()


async def _handled(
    request: Request, rule: RouteRule, web: WebContext, page: Page, off: frozenset[str]
) -> Response:
    user = page.user
    try:
        if rule.module in off:
            raise NotFound("This part of the product is switched off.")
        check_role(user, rule.role)
        if request.method not in security.SAFE_METHODS and not await _has_token(page):
            return await _kept(request, rule, web, user) or _refuse(page)
        await _touch_session(page, rule)
        response = await rule.handler(page)
        if rule.refill and response.status_code < HTTPStatus.BAD_REQUEST:
            await kept_form.forget(request, web, response, user.user_id)
        return response
    except kept_form.KeptForSomebodyElse as fault:
        response = error_pages.error_page(page, fault)
        kept_form.set_cookie(response, web, fault.secret)
        return response
    except CallcrmError as fault:
        return error_pages.error_page(page, fault)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody will read it: a tab was closed in the middle of a request


def page_of(
    request: Request,
    web: WebContext,
    user: SignedInUser,
    decided: Decided,
    *,
    upload_limit: int | None = None,
) -> Page:
    """The page of a request, drawn by what the business decided."""
    seams, hidden = web.services.seams.without(decided.modules_off), decided.hidden_fields
    return Page(request, web, user, seams, decided.tiers, hidden=hidden, upload_limit=upload_limit)


async def authenticate(request: Request) -> tuple[SignedInUser | None, Decided]:
    """The user of the request's session cookie, None without a valid one, and what the business decided that
    every page is drawn by.
    """
    web = web_of(request)
    secret = cookie(request, security.cookie_name(web.services.settings))
    if not secret:
        return None, Decided()
    now = web.services.clock.now()

    def verb(session: Session) -> tuple[SignedInUser | None, Decided]:
        return sessions.authenticate(session, secret, now), read_decided(session)

    return await web.services.store.read(verb)


def _to_login(request: Request) -> Response:
    whole_page = request.method == "GET" and not request.headers.get("hx-request")
    if not whole_page:
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    back = request.url.path if request.url.path != "/" else ""
    return RedirectResponse(f"/login?next={quote(back)}" if back else "/login", status_code=303)


async def _kept(
    request: Request, rule: RouteRule, web: WebContext, user: SignedInUser | None = None
) -> Response | None:
    """The way back into the form, kept where its route can show it again; else None."""
    if rule.refill is None or not is_form(request):
        return None
    if not kept_form.comes_from_browser_of_ours(request, web):
        return None
    return await kept_form.keep(request, web, await read_form(request), user.user_id if user else None)


def check_role(user: SignedInUser, role: Role) -> None:
    """Raises Forbidden for a user below this role."""
    if not Role(user.role).at_least(role):
        raise Forbidden("This page is for the role %(role)s and above.", role=role)


async def _has_token(page: Page) -> bool:
    """Whether the request is of a page of this session."""
    token: object = page.request.headers.get(security.HEADER)
    if token is None and is_form(page.request):
        token = (await page.form()).get(security.FIELD)
    elif token is None and page.upload_limit is not None and is_upload(page.request):
        token = (await page.upload()).fields.get(security.FIELD)
    same_origin = security.is_same_origin(page.request, page.services.settings)
    return same_origin and security.tokens_match(token, page.user.csrf)


def _refuse(page: Page) -> Response:
    fault = Forbidden("This form is not from the page you signed in with. Load the page again.")
    return error_pages.error_page(page, fault)


async def _touch_session(page: Page, rule: RouteRule) -> None:
    """Keeps the session alive, if this route counts as an action of the user."""
    if rule.keeps_session and page.now - page.user.last_active_at >= sessions.ACTIVITY_RESOLUTION:
        await page.write(partial(sessions.touch, session_id=page.user.session_id, now=page.now))
