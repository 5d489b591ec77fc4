"""A complaint about a person does not exist for that person (I35): whatever they ask for, page or endpoint,
the answer is the same, to the letter, as if it had never been made.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.agents import tokens
from callcrm.agents.principal import Principal
from callcrm.crm import export
from callcrm.crm.seams import SEAMS
from callcrm.models import Promise, User
from callcrm.models.crm.complaint import Complaint
from callcrm.reports.measures import figure
from tests.running_app import RunningApp
from tests.web.support.call_builders import store_call
from tests.web.support.page_client import PageClient, do, page_text, sign_in
from tests.web.support.route_access import RouteMethod, access_matrix, route_methods

CANARY = "wrengoldfinch"
ROLES = ("agent", "supervisor", "admin")
STREAMS = {"GET /desk/events", "GET /api/v1/events"}
OPEN_TO_ALL = ("everybody", "carrier")
STAGES = ("acknowledged", "investigating", "offered", "following_up", "closed")
# How many live events there were, and what a request of ours was told of the store's sequence.
SEQUENCE = re.compile(r'(data-(?:last-event-id|mark|since)|name="mark" value)="[^"]*"')


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """A supervisor of whom nobody complains: she takes everything down."""
    return sign_in(app, "Grace", "supervisor")


@pytest.fixture
def people(app: RunningApp) -> dict[str, PageClient]:
    """One of each role, who is complained of."""
    return {role: sign_in(app, f"The {role}", role) for role in ROLES}


@pytest.fixture
def mina(app: RunningApp, people: dict[str, PageClient]) -> str:
    """A customer with a call, a note on it, a promise and a complaint about a rug, whom everybody knows."""
    customer = {"name": "Mina Halloran", "phones": ["+12025550134"]}
    mina = str(app.send("POST", "/customers", customer).json()["id"])
    store_call(app, customer_id=mina, agent_id=people["agent"].id, events=())
    body = {"about": "product", "product": "Rug", "body": "It is torn.", "customer": mina}
    assert app.send("POST", "/complaints", body).status_code == 201
    return mina


def complain(app: RunningApp, grace: PageClient, mina: str, staff: str, stage: str | None) -> dict[str, str]:
    """The ids of everything that a complaint about somebody brings with it, which Grace takes down."""
    now, headers = app.services.clock.now(), {"Authorization": f"Bearer {token(app, grace.id)}"}

    def send(method: str, path: str, status: int, **how: Any) -> Any:
        answer = app.client.request(method, f"/api/v1{path}", headers=headers, **how)
        assert answer.status_code == status, answer.text
        return answer.json()

    opened = str(now - timedelta(days=3)).replace("+00:00", "Z")
    about = {"about": "staff", "staff": staff, "product": CANARY, "customer": mina, "call": "call_1"}
    body = {**about, "body": f"{CANARY} was rude.", "second": 3, "opened_at": opened}
    complaint = send("POST", "/complaints", 201, json=body)
    path = f"/complaints/{complaint['id']}"
    picture = (f"{CANARY}.png", b"PNG " + CANARY.encode(), "image/png")
    file = send("POST", f"{path}/files", 201, files={"file": picture})
    told = {"lesson": f"Learn {CANARY}.", "lesson_told": True, "root_cause": "behaviour"}
    changes = {"offer": "apology", "resolution": f"Sorry, {CANARY}.", "owner": grace.id}
    send("PATCH", path, 200, json=told | changes)
    for reached in STAGES[: STAGES.index(stage) + 1] if stage else ():
        send("PATCH", path, 200, json={"stage": reached})
    about_it = select(Promise.id).where(Promise.about_id == complaint["id"])
    owed = dict(
        zip(("promise", "second"), do(app, lambda session: session.exec(about_it).all()), strict=False)
    )
    return {"complaint": complaint["id"], "file": file["id"], **owed}


def paths(app: RunningApp, ids: dict[str, str], mina: str) -> Iterator[tuple[RouteMethod, str]]:
    """Every address that a person or their token may ask for, with the ids of all that there is."""
    named = {
        "complaints": [ids["complaint"]],
        "promises": [ids.get("promise", "nothing"), ids.get("second", "nothing")],
        "customers": [mina],
        "calls": ["call_1"],
        "card": ["call_1"],
    }
    for route in route_methods(app.asgi.routes):
        if route.method != "GET" or route.name in STREAMS or access_matrix()[route.name] in OPEN_TO_ALL:
            continue
        folder = route.path.partition("{")[0].rstrip("/").rpartition("/")[2]
        for value in named.get(folder, ["nothing"]):
            path = route.path.replace("{id}", value).replace("{file}", ids["file"])
            path = re.sub(r"\{[^}]+\}", "nothing", path)
            yield route, path
            for query in QUERIES.get(route.path, ()):
                yield route, f"{path}?{query}"


QUERIES = {
    "/complaints": (
        *(
            "whose=all",
            "whose=all&state=late",
            "whose=all&state=any&about=staff",
            "whose=all&cause=behaviour",
        ),
    ),
    "/promises": ("whose=all", "whose=nobody", "whose=all&state=kept"),
    "/customers/{id}": ("show=complaint", "show=promise"),
    "/api/v1/complaints": ("late=true", "about=staff", f"product={CANARY}", "stage=closed"),
    "/api/v1/customers/{id}/history": ("kind=complaint", "kind=promise"),
}


def seen(app: RunningApp, person: PageClient, bearer: str, ids: dict[str, str], mina: str) -> dict[str, str]:
    """What this person is answered to everything there is to ask, by path."""
    answers = {}
    for route, path in paths(app, ids, mina):
        headers = {"Authorization": f"Bearer {bearer}"} if path.startswith("/api") else {}
        response = app.client.request("GET", path, headers=headers) if headers else person.get(path)
        tag = response.headers.get("etag", "")
        text = SEQUENCE.sub("", response.text)
        answers[f"{route.name} {path}"] = f"{response.status_code} {tag} {text}"
    for words in (CANARY, "rude", "Sorry"):
        answers[f"find {words}"] = page_text(person.search("/find", {"q": words}).text)
    return answers


@pytest.mark.one_engine
def test_nothing_that_they_can_ask_for_tells_of_it(
    app: RunningApp, grace: PageClient, people: dict[str, PageClient], mina: str
) -> None:
    faults = []
    for (role, person), stage in zip(people.items(), ("following_up", "closed", None), strict=True):
        bearer, ids = token(app, person.id), complain(app, grace, mina, person.id, stage)
        with_it = seen(app, person, bearer, ids, mina)
        do(app, partial(forget, ids=ids))
        without = seen(app, person, bearer, ids, mina)
        faults += [f"{role}: {path}" for path, text in with_it.items() if text != without[path]]
        faults += [f"{role}: {path}: the word" for path, text in with_it.items() if tells(text, path)]
    assert faults == []


def tells(text: str, path: str) -> bool:
    """Whether an answer has the word, but for what was asked for."""
    return "find" not in path and CANARY in text.replace(f"product={CANARY}", "")


def token(app: RunningApp, user_id: str) -> str:
    """A token of this user."""

    def add(session: Session) -> str:
        user = session.get_one(User, user_id)
        now = app.services.clock.now()
        return tokens.add_token(session, name=user.name, role=user.role, user_email=user.email, now=now)

    secret: str = do(app, add)
    return secret


def forget(session: Session, ids: dict[str, str]) -> None:
    """Removes a complaint as if it had never been made."""
    for promise in session.exec(select(Promise).where(Promise.about_id == ids["complaint"])).all():
        session.delete(promise)
    session.flush()
    row = session.get(Complaint, ids["complaint"])
    assert row is not None
    session.delete(row)


def test_others_see_it_where_they_may(
    app: RunningApp, grace: PageClient, people: dict[str, PageClient], mina: str
) -> None:
    ids = complain(app, grace, mina, people["agent"].id, "following_up")
    page = f"/complaints/{ids['complaint']}"
    for path in (page, "/complaints?whose=all", f"/customers/{mina}", "/promises?whose=all"):
        assert CANARY in people["admin"].get_page(path), path
    assert people["admin"].get(f"{page}/files/{ids['file']}").content.endswith(CANARY.encode())


def test_what_they_send_is_answered_as_if_there_was_nothing(
    app: RunningApp, grace: PageClient, people: dict[str, PageClient], mina: str
) -> None:
    for person in people.values():
        ids = complain(app, grace, mina, person.id, "following_up")
        for route, kind in sending(app):
            real, none = ids[kind], f"{ids[kind][:-3]}000"
            fields = {"owner": person.id, "stage": "closed", "lesson": "x", "cause": "other"}
            answers = [person.post(route.path.replace("{id}", key), fields) for key in (real, none)]
            assert [answer.status_code for answer in answers] == [404, 404], route
            assert answers[0].text.replace(real, none) == answers[1].text, route
        about_me = {"about": "staff", "staff": person.id, "body": "x"}
        assert person.post("/complaints/new", about_me).status_code == 403


def sending(app: RunningApp) -> Iterator[tuple[RouteMethod, str]]:
    """What is done with a complaint or a promise on a page, and with which of them."""
    for route in route_methods(app.asgi.routes):
        for kind in ("complaint", "promise"):
            if route.method == "POST" and route.path.startswith(f"/{kind}s/{{id}}"):
                yield route, kind


def test_nobody_is_made_to_handle_what_is_about_them(
    app: RunningApp, grace: PageClient, people: dict[str, PageClient], mina: str
) -> None:
    person = people["supervisor"]
    ids = complain(app, grace, mina, person.id, "following_up")
    page = f"/complaints/{ids['complaint']}"
    assert f'value="{person.id}"' not in grace.get_page(page)
    assert grace.post(f"{page}/arrange", {"owner": person.id, "was": grace.id}).status_code == 422
    form = {"owner": person.id, "due": "", "day": "", "at": ""}
    assert grace.post(f"/promises/{ids['promise']}/arrange", form).status_code == 422


def test_no_export_and_no_figure_of_theirs_has_it(
    app: RunningApp, grace: PageClient, people: dict[str, PageClient], mina: str
) -> None:

    person = people["admin"]
    complain(app, grace, mina, person.id, "following_up")
    now = app.services.clock.now()
    reader, other = Principal(person.id, "admin", "", ""), Principal(grace.id, "supervisor", "", "")

    def read(session: Session) -> list[Any]:
        period = now - timedelta(days=9), now + timedelta(days=1)
        measure = SEAMS.measures["complaints_by_staff"]
        counts = [figure(session, measure, *period, user).numerator for user in (reader, other)]
        tables = [
            "".join(export.lines(session, SEAMS.exports[name], user))
            for user in (reader, other)
            for name in ("complaint", "promise")
        ]
        return [counts, [CANARY in table for table in tables]]

    assert do(app, read) == [[0, 1], [False, False, True, True]]
