"""Who may do what: docs/access.md against every route, and forged forms against every form."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from callcrm.agents import sessions, tokens, users
from callcrm.models import Job, LoginSession, Presence, Token
from callcrm.models.conventions import table_of
from callcrm.simulator.wire.signature import sign
from callcrm.web import security
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp
from tests.web.support.page_client import PageClient, do, sign_in
from tests.web.support.route_access import RouteMethod, access_matrix, route_methods

ROLES = ("agent", "supervisor", "admin")
PAGE_ROLES = {"agent": ROLES, "agents alone": ROLES[:1], "supervisor": ROLES[1:], "admin": ROLES[2:]}
TOKEN_ROLES = {"token": ROLES, "token of a supervisor": ROLES[1:]}
STREAMS = {"GET /desk/events", "GET /api/v1/events"}
REFUSED = (401, 403, 405)  # statuses that nobody gets who is allowed
SAME_ORIGIN = {"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}
# Tables that change without any request, or with each: jobs, and who is connected.
BACKGROUND_TABLES = {Job.__tablename__, Presence.__tablename__}


@pytest.fixture
def clients(app: RunningApp) -> dict[str, PageClient]:
    """A signed-in client of each role, and one of a disabled user."""
    return client_of_each_role(app)


def client_of_each_role(app: RunningApp) -> dict[str, PageClient]:
    """A signed-in client of each role, and one of an administrator who has been disabled since."""
    clients = {role: sign_in(app, f"The {role}", role) for role in ROLES}
    clients["disabled"] = sign_in(app, "The disabled", "admin")
    do(app, partial(users.disable, user_id=clients["disabled"].id, now=app.services.clock.now()))
    return clients


def new_session(client: PageClient) -> PageClient:
    """A client of the same user with a new session: an earlier request may have ended the other."""
    now = client.app.services.clock.now()

    def begin(session: Session) -> PageClient:
        secret = sessions.create_session(session, client.id, "tests", now)
        signed_in = sessions.authenticate(session, secret, now)
        return PageClient(client.app, client.id, signed_in.csrf if signed_in else "", secret)

    new_client: PageClient = do(client.app, begin)
    return new_client


def page_routes(app: RunningApp) -> list[RouteMethod]:
    """The routes of the pages."""
    routes = [
        route for route in route_methods(app.asgi.routes) if route.rule and route.name in access_matrix()
    ]
    assert len(routes) > 5
    return routes


def request(app: RunningApp, route: RouteMethod, cookie: str = "", **headers: str) -> Any:
    """The response to a request of a sample path of this route, with this cookie if it is given."""
    name = security.cookie_name(app.services.settings)
    headers = {**({"Cookie": f"{name}={cookie}"} if cookie else {}), **headers}
    app.client.cookies.clear()
    if route.name in STREAMS:
        with app.client.stream(
            route.method, route.sample, headers=headers, follow_redirects=False
        ) as response:
            return response
    return app.client.request(route.method, route.sample, headers=headers, follow_redirects=False)


def own_form_status(client: PageClient, route: RouteMethod) -> int:
    """The status of a request sent as our own pages send it, with token and origin, in a new session."""
    own = new_session(client)
    return int(request(own.app, route, own.cookie, **{security.HEADER: own.csrf, **SAME_ORIGIN}).status_code)


@pytest.mark.one_engine
def test_every_route_is_in_the_matrix_and_nothing_else(app: RunningApp) -> None:
    assert {route.name for route in route_methods(app.asgi.routes)} == set(access_matrix())


@pytest.mark.one_engine
def test_each_page_answers_exactly_the_roles_of_the_matrix(
    app: RunningApp, clients: dict[str, PageClient]
) -> None:
    faults = []
    for route in page_routes(app):
        for role in ROLES:
            status = own_form_status(clients[role], route)
            allowed = role in PAGE_ROLES[access_matrix()[route.name]]
            if status in REFUSED or status >= 500 if allowed else status not in (403, 404):
                faults.append((route.name, role, status))
    assert faults == []


@pytest.mark.one_engine
def test_anonymous_and_disabled_users_see_no_page(app: RunningApp, clients: dict[str, PageClient]) -> None:
    faults = []
    for route in page_routes(app):
        for cookie in ("", "nonsense", new_session(clients["disabled"]).cookie):
            response = request(app, route, cookie, **SAME_ORIGIN)
            to_login = response.status_code == 303 and response.headers["location"].startswith("/login")
            if not (to_login if route.method == "GET" else response.status_code == 401):
                faults.append((route.name, cookie, response.status_code))
    assert faults == []


@pytest.mark.one_engine
def test_routes_for_everybody_need_no_session(app: RunningApp) -> None:
    for route in route_methods(app.asgi.routes):
        if access_matrix().get(route.name) == "everybody" and route.method == "GET":
            assert request(app, route).status_code in (200, 404), route


@pytest.mark.one_engine
def test_the_api_takes_a_token_and_no_cookie(app: RunningApp, clients: dict[str, PageClient]) -> None:
    now = app.services.clock.now()
    api_tokens = {
        role: do(app, partial(tokens.add_token, name=role, role=role, user_email=None, now=now))
        for role in ROLES
    }
    faults = []
    for route in (
        route for route in route_methods(app.asgi.routes) if access_matrix().get(route.name) in TOKEN_ROLES
    ):
        if request(app, route, new_session(clients["admin"]).cookie, **SAME_ORIGIN).status_code != 401:
            faults.append((route.name, "cookie"))
        below = set(ROLES) - set(TOKEN_ROLES[access_matrix()[route.name]])
        responses = {role: request(app, route, Authorization=f"Bearer {api_tokens[role]}") for role in below}
        faults += [(route.name, role) for role, response in responses.items() if response.status_code != 403]
    assert faults == []


@pytest.mark.one_engine
def test_the_carriers_routes_take_its_signature_alone(
    app: RunningApp, clients: dict[str, PageClient]
) -> None:
    faults = []
    for route in (
        route for route in route_methods(app.asgi.routes) if access_matrix().get(route.name) == "carrier"
    ):
        assert route.method == "POST"
        if request(app, route, new_session(clients["admin"]).cookie, **SAME_ORIGIN).status_code != 403:
            faults.append((route.name, "cookie"))
        headers = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + route.sample, []), "Content-Type": FORM}
        if request(app, route, **headers).status_code not in (200, 204, 400):
            faults.append((route.name, "signed"))
    assert faults == []


FORGERIES: dict[str, dict[str, str | None]] = {
    "no token": {security.HEADER: None},
    "another's token": {security.HEADER: "x" * 43},
    "another origin": {"Sec-Fetch-Site": None, "Origin": "https://elsewhere.example"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another host of this site": {"Sec-Fetch-Site": "same-site"},
}


def form_routes(app: RunningApp) -> Iterator[RouteMethod]:
    """The routes that take forms."""
    return (route for route in page_routes(app) if route.method != "GET")


@pytest.mark.one_engine
def test_forged_forms_are_refused(app: RunningApp, clients: dict[str, PageClient]) -> None:
    own = {role: new_session(clients[role]) for role in ROLES}
    before, faults = state_of(app), []
    for route in form_routes(app):
        client = own[PAGE_ROLES[access_matrix()[route.name]][-1]]
        for forgery, changed in FORGERIES.items():
            headers = {security.HEADER: client.csrf, **SAME_ORIGIN, **changed}
            sent = {name: value for name, value in headers.items() if value}
            status = request(app, route, client.cookie, **sent).status_code
            faults += [f"{route.name}, {forgery}: {status}"] if status != 403 else []
        faults += [f"{route.name}: something changed"] if state_of(app) != before else []
    assert faults == []


@pytest.mark.one_engine
def test_another_sessions_csrf_token_is_refused(app: RunningApp, clients: dict[str, PageClient]) -> None:
    for route in form_routes(app):
        role = PAGE_ROLES[access_matrix()[route.name]][-1]
        own, other_session = new_session(clients[role]), new_session(clients[role])
        assert (
            request(
                app, route, own.cookie, **{security.HEADER: other_session.csrf, **SAME_ORIGIN}
            ).status_code
            == 403
        ), route


@pytest.mark.one_engine
def test_form_routes_do_not_answer_get(app: RunningApp, clients: dict[str, PageClient]) -> None:
    readable = {route.path for route in page_routes(app) if route.method == "GET"}
    for route in form_routes(app):
        if route.path not in readable:
            client = new_session(clients["admin"])
            assert request(app, RouteMethod("GET", route.path), client.cookie).status_code in (404, 405), (
                route
            )


@pytest.mark.one_engine
def test_no_get_changes_anything(app: RunningApp, clients: dict[str, PageClient]) -> None:
    cookies = ["", *(new_session(clients[role]).cookie for role in ROLES)]
    before, faults = state_of(app), []
    for route in route_methods(app.asgi.routes):
        if route.method == "GET":
            for cookie in cookies:
                request(app, route, cookie, **SAME_ORIGIN)
            request(app, route, Authorization=f"Bearer {app.bearer}")
            after = state_of(app)
            faults += [route.name] if after != before else []
            before = after
    assert faults == []


LAST_USES = {table_of(LoginSession).c.last_active_at, table_of(Token).c.last_used_at}


def state_of(app: RunningApp) -> dict[str, list[str]]:
    """Every row of every table, but for the times when sessions and tokens were last used."""

    def all_rows(session: Session) -> dict[str, list[str]]:
        rows_by_table = {}
        for table in SQLModel.metadata.sorted_tables:
            columns = [column for column in table.c if column not in LAST_USES]
            if table.name not in BACKGROUND_TABLES:
                rows = session.connection().execute(table.select().with_only_columns(*columns))
                rows_by_table[table.name] = sorted(map(repr, rows))
        return rows_by_table

    state: dict[str, list[str]] = app.services.store.read_now(all_rows)
    return state
