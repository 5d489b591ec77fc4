"""Who may do what: docs/access.md against every route there is, and forms of others against every form."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, SQLModel

from callcrm.agents import sessions, tokens, users
from callcrm.models import Job, LoginSession, Presence
from callcrm.simulator.wire.signature import sign
from callcrm.web import security
from tests.running import TOKEN
from tests.running_app import FORM, PUBLIC, RunningApp
from tests.web.support.page_client import PageClient, do, sign_in
from tests.web.support.route_access import RouteMethod, access_matrix, route_methods

ROLES = ("agent", "supervisor", "admin")
SINCE = {"agent": ROLES, "agents alone": ROLES[:1], "supervisor": ROLES[1:], "admin": ROLES[2:]}
TOKENS = {"token": ROLES, "token of a supervisor": ROLES[1:]}
STREAMS = {"GET /desk/events", "GET /api/v1/events"}
REFUSED = (401, 403, 405)  # what nobody is answered who may
HERE = {"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}
# What moves by itself while nobody asks, and who is there.
MOVES = {Job.__tablename__, Presence.__tablename__}


@pytest.fixture
def people(app: RunningApp) -> dict[str, PageClient]:
    """Everybody there is."""
    return one_of_each(app)


def one_of_each(app: RunningApp) -> dict[str, PageClient]:
    """One of each role, and an administrator sent away since."""
    found = {role: sign_in(app, f"The {role}", role) for role in ROLES}
    found["disabled"] = sign_in(app, "The disabled", "admin")
    do(app, partial(users.disable, user_id=found["disabled"].id, now=app.services.clock.now()))
    return found


def again(someone: PageClient) -> PageClient:
    """The same one with a session of its own: what was asked before may have ended theirs."""
    now = someone.app.services.clock.now()

    def begin(session: Session) -> PageClient:
        secret = sessions.create_session(session, someone.id, "tests", now)
        found = sessions.authenticate(session, secret, now)
        return PageClient(someone.app, someone.id, found.csrf if found else "", secret)

    found: PageClient = do(someone.app, begin)
    return found


def pages(app: RunningApp) -> list[RouteMethod]:
    found = [way for way in route_methods(app.asgi.routes) if way.rule and way.name in access_matrix()]
    assert len(found) > 5
    return found


def ask(app: RunningApp, way: RouteMethod, cookie: str = "", **headers: str) -> Any:
    """The answer to this cookie, if there is any."""
    name = security.cookie_name(app.services.settings)
    sent = {**({"Cookie": f"{name}={cookie}"} if cookie else {}), **headers}
    app.client.cookies.clear()
    if way.name in STREAMS:
        with app.client.stream(way.method, way.sample, headers=sent, follow_redirects=False) as answer:
            return answer
    return app.client.request(way.method, way.sample, headers=sent, follow_redirects=False)


def in_good_faith(someone: PageClient, way: RouteMethod) -> int:
    """The status of what one of our own pages would ask for."""
    fresh = again(someone)
    return int(ask(someone.app, way, fresh.cookie, **{security.HEADER: fresh.csrf, **HERE}).status_code)


def test_every_route_is_in_the_matrix_and_nothing_else(app: RunningApp) -> None:
    assert {way.name for way in route_methods(app.asgi.routes)} == set(access_matrix())


def test_whoever_may_is_answered_and_nobody_else(app: RunningApp, people: dict[str, PageClient]) -> None:
    wrong = []
    for way in pages(app):
        for role in ROLES:
            status = in_good_faith(people[role], way)
            may = role in SINCE[access_matrix()[way.name]]
            if status in REFUSED or status >= 500 if may else status not in (403, 404):
                wrong.append((way.name, role, status))
    assert wrong == []


def test_strangers_and_those_sent_away_see_no_page(app: RunningApp, people: dict[str, PageClient]) -> None:
    wrong = []
    for way in pages(app):
        for cookie in ("", "nonsense", again(people["disabled"]).cookie):
            answer = ask(app, way, cookie, **HERE)
            to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
            if not (to_login if way.method == "GET" else answer.status_code == 401):
                wrong.append((way.name, cookie, answer.status_code))
    assert wrong == []


def test_what_is_for_everybody_asks_nobody_who_they_are(app: RunningApp) -> None:
    for way in route_methods(app.asgi.routes):
        if access_matrix().get(way.name) == "everybody" and way.method == "GET":
            assert ask(app, way).status_code in (200, 404), way


def test_the_api_wants_a_token_and_no_cookie(app: RunningApp, people: dict[str, PageClient]) -> None:
    now = app.services.clock.now()
    bearer = {
        role: do(app, partial(tokens.add_token, name=role, role=role, user_email=None, now=now))
        for role in ROLES
    }
    wrong = []
    for way in (way for way in route_methods(app.asgi.routes) if access_matrix().get(way.name) in TOKENS):
        if ask(app, way, again(people["admin"]).cookie, **HERE).status_code != 401:
            wrong.append((way.name, "cookie"))
        below = set(ROLES) - set(TOKENS[access_matrix()[way.name]])
        answers = {role: ask(app, way, Authorization=f"Bearer {bearer[role]}") for role in below}
        wrong += [(way.name, role) for role, answer in answers.items() if answer.status_code != 403]
    assert wrong == []


def test_the_carriers_addresses_are_the_carriers_alone(
    app: RunningApp, people: dict[str, PageClient]
) -> None:
    wrong = []
    for way in (way for way in route_methods(app.asgi.routes) if access_matrix().get(way.name) == "carrier"):
        assert way.method == "POST"
        if ask(app, way, again(people["admin"]).cookie, **HERE).status_code != 403:
            wrong.append((way.name, "cookie"))
        signed = {"X-Twilio-Signature": sign(TOKEN, PUBLIC + way.sample, []), "Content-Type": FORM}
        if ask(app, way, **signed).status_code not in (200, 204, 400):
            wrong.append((way.name, "signed"))
    assert wrong == []


FOREIGN: dict[str, dict[str, str | None]] = {
    "no token": {security.HEADER: None},
    "another's token": {security.HEADER: "x" * 43},
    "another origin": {"Sec-Fetch-Site": None, "Origin": "https://elsewhere.example"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another host of this site": {"Sec-Fetch-Site": "same-site"},
}


def forms(app: RunningApp) -> Iterator[RouteMethod]:
    return (way for way in pages(app) if way.method != "GET")


@pytest.mark.parametrize("how", FOREIGN)
def test_no_form_is_taken_that_is_not_ours(app: RunningApp, people: dict[str, PageClient], how: str) -> None:
    wrong = []
    for way in forms(app):
        role = SINCE[access_matrix()[way.name]][-1]
        fresh = again(people[role])
        sent = {security.HEADER: fresh.csrf, **HERE, **FOREIGN[how]}
        before = state_of(app)
        answer = ask(app, way, fresh.cookie, **{name: value for name, value in sent.items() if value})
        if answer.status_code != 403 or state_of(app) != before:
            wrong.append((way.name, answer.status_code))
    assert wrong == []


def test_the_token_of_another_session_is_not_ours(app: RunningApp, people: dict[str, PageClient]) -> None:
    for way in forms(app):
        role = SINCE[access_matrix()[way.name]][-1]
        mine, other = again(people[role]), again(people[role])
        assert ask(app, way, mine.cookie, **{security.HEADER: other.csrf, **HERE}).status_code == 403, way


def test_what_changes_something_is_not_to_be_had_by_get(
    app: RunningApp, people: dict[str, PageClient]
) -> None:
    there = {way.path for way in pages(app) if way.method == "GET"}
    for way in forms(app):
        if way.path not in there:
            fresh = again(people["admin"])
            assert ask(app, RouteMethod("GET", way.path), fresh.cookie).status_code in (404, 405), way


def test_no_get_changes_anything(app: RunningApp, people: dict[str, PageClient]) -> None:
    wrong = []
    for role in ROLES:
        someone = again(people[role])
        for way in route_methods(app.asgi.routes):
            if way.method == "GET":
                before = state_of(app)
                ask(app, way, someone.cookie, **HERE)
                ask(app, way, Authorization=f"Bearer {app.bearer}")
                wrong += [way.name] if state_of(app) != before else []
    assert wrong == []


def state_of(app: RunningApp) -> dict[str, list[str]]:
    """Every row of every table, but for when somebody was last seen."""

    def everything(session: Session) -> dict[str, list[str]]:
        found = {}
        for table in SQLModel.metadata.sorted_tables:
            seen = [one for one in table.c if one is not LoginSession.__table__.c.last_active_at]  # type: ignore[attr-defined]
            if table.name not in MOVES:
                rows = session.connection().execute(table.select().with_only_columns(*seen))
                found[table.name] = sorted(map(repr, rows))
        return found

    state: dict[str, list[str]] = app.services.store.read_now(everything)
    return state
