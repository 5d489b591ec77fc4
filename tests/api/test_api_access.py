"""Who may ask for what: every endpoint, for everybody."""

import pytest
from sqlmodel import Session, select

from callcrm.agents import tokens
from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.models import Token
from tests.api.access.rows import ALL, Rows, noun_rows
from tests.api.support.each import each
from tests.api.support.office import NOON, Asker, Office, call, customer, template

# What an agent, a supervisor and an administrator are answered, all of them asking in good faith.
MATRIX: Rows = {
    **noun_rows(),
    ("GET", "/calls"): (None, ALL),
    ("POST", "/calls"): ({"to": "+12025550123", "agent": "ben"}, (403, 503, 503)),  # no carrier here
    ("GET", "/calls/call_one"): (None, ALL),
    ("PATCH", "/calls/call_one"): ({"disposition": "sold"}, ALL),
    ("POST", "/calls/call_one/notes"): ({"body": "a note"}, (201, 201, 201)),
    ("POST", "/calls/call_one/receipts"): ({"receipt": "seen"}, (404, 404, 404)),
    ("GET", "/customers"): (None, ALL),
    ("POST", "/customers"): ({"name": "Paul"}, (201, 201, 201)),
    ("GET", "/customers/cus_rosa"): (None, ALL),
    ("PATCH", "/customers/cus_rosa"): ({"tier": "gold"}, ALL),
    ("GET", "/customers/cus_rosa/history"): (None, ALL),
    ("GET", "/messages"): (None, ALL),
    ("GET", "/messages/msg_gone"): (None, (404, 404, 404)),
    ("PATCH", "/messages/msg_gone"): ({"answered": True}, (404, 404, 404)),
    ("GET", "/media/med_gone"): (None, (404, 404, 404)),
    ("GET", "/notes/note_gone"): (None, (404, 404, 404)),
    ("PATCH", "/notes/note_gone"): ({"body": "Hm."}, (404, 404, 404)),
    ("GET", "/recordings/rec_gone/media"): (None, (404, 404, 404)),
    ("GET", "/agents"): (None, ALL),
    ("GET", "/agents/ben"): (None, ALL),
    ("PATCH", "/agents/ben"): ({"skills": ["refunds"]}, (403, 200, 200)),
    ("PUT", "/agents/ben/state"): ({"state": "break"}, (403, 200, 200)),
    ("GET", "/queues"): (None, ALL),
    ("GET", "/tokens"): (None, ALL),
    ("DELETE", "/tokens/token_gone"): (None, (404, 404, 404)),
    ("HEAD", "/events"): (None, ALL),
}


@pytest.fixture(autouse=True)
def call_and_customer(office: Office) -> None:
    """A call and a customer to ask for."""
    office.add(call("one"), *customer("rosa"))


def test_every_endpoint_is_in_the_matrix() -> None:
    matrix_endpoints = {(method.replace("HEAD", "GET"), template(path)) for method, path in MATRIX}
    assert matrix_endpoints == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


@each("method path", MATRIX)
def test_an_endpoint_answers_each_role_as_the_matrix_says(office: Office, method: str, path: str) -> None:
    body, expected = MATRIX[method, path]
    roles = (office.ana, office.sara, office.ada)
    assert tuple(asker.ask(method, path, json=body).status_code for asker in roles) == expected


def answered(asker: Asker) -> set[tuple[int, str | None]]:
    """Status and challenge of what somebody is answered anywhere."""
    responses = (asker.ask(method, path, json=body) for (method, path), (body, _) in MATRIX.items())
    return {(response.status_code, response.headers.get("www-authenticate")) for response in responses}


def test_a_stranger_is_told_nothing(office: Office) -> None:
    assert answered(office.stranger) == {(401, "Bearer")}


def test_a_revoked_token_is_good_for_nothing(office: Office) -> None:
    def revoke(session: Session) -> None:
        token = session.exec(select(Token).where(Token.name == "sara's laptop")).one()
        tokens.revoke(session, token.id, NOON)

    office.do(revoke)
    assert answered(office.sara) == {(401, 'Bearer error="invalid_token"')}


@each(
    "authorization", ["", "Bearer", "Bearer ", "Bearer  x y", "Basic YTpi", "bearer " + "x" * 300, "Bearer ü"]
)
def test_what_is_no_token_is_no_token(office: Office, authorization: str) -> None:
    headers = [(b"Authorization", authorization.encode("latin-1"))]
    assert office.client.get("/api/v1/calls", headers=headers).status_code == 401


def test_a_program_of_no_ones_may_look_but_is_no_agent(office: Office) -> None:
    robot = office.token("agent")
    assert robot.ask("GET", "/calls").status_code == 200
    robot.send("PUT", "/agents/ana/state", {"state": "break"}, 403)
    robot.send("POST", "/calls", {"to": "+12025550123", "agent": "ana"}, 403)
    assert robot.ask("HEAD", "/events").status_code == 403


def test_a_token_does_no_more_than_its_user_may(office: Office) -> None:
    office.token("admin", "ana").send("PATCH", "/agents/ben", {"skills": []}, 403)
