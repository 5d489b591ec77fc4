"""The pages of settings: users, queues, numbers, and a user's own preferences."""

import re
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from callcrm.agents import states, users
from callcrm.base.errors import Refused
from callcrm.carrier.urls import number_urls
from callcrm.models import Agent, StateChange, User
from tests.running_app import PUBLIC, RunningApp, open_app, settings_for
from tests.web.support.login_client import CSRF_FIELD, LoginClient
from tests.web.support.page_client import CONFIRM, PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

LINK = re.compile(r'value="https://[^/]+(/set-password/[\w-]+)"')
NEW_PASSWORD = "another long sentence of the tests"
ROSA = {**CONFIRM, "email": "rosa@example.test", "name": "Rosa", "role": "agent", "number": "(202) 555-0111"}


@pytest.fixture
def ada(app: RunningApp) -> PageClient:
    """An administrator."""
    return sign_in(app, "Ada", "admin")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent."""
    return sign_in(app, "Ana", available=True)


def user_of(app: RunningApp, email: str) -> User:
    user: User = do(app, lambda session: users.user_by_email(session, email))
    return user


def agent_of(app: RunningApp, user_id: str) -> Agent:
    agent: Agent = do(app, lambda session: session.get_one(Agent, user_id))
    return agent


def test_a_new_user_gets_a_password_link_that_is_shown_once(app: RunningApp, ada: PageClient) -> None:
    response = ada.post("/settings/users", ROSA)
    link = LINK.search(response.text)
    assert response.status_code == 200
    assert link
    rosa = user_of(app, "rosa@example.test")
    assert (rosa.number, rosa.password_hash) == ("+12025550111", None)
    assert "set-password" not in ada.get_page(f"/settings/users/{rosa.id}")
    browser = LoginClient(app)
    token = CSRF_FIELD.search(browser.get(link[1]).text)
    assert token
    assert browser.post(link[1], {"csrf": token[1], "password": NEW_PASSWORD}).status_code == 303
    assert browser.is_signed_in


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "no address"}, "this is no e-mail address"),
        ({"email": "ada@example.test"}, "there is already a user ada@example.test"),
        ({"name": " "}, "a name has 1 to 200 characters"),
        ({"role": "owner"}, "the roles are"),
        ({"number": "12"}, "this is no telephone number"),
        ({"number": "+12025550100"}, "one of our own lines"),
    ],
)
def test_a_refused_user_form_says_why_beside_the_field_and_keeps_the_rest(
    app: RunningApp, ada: PageClient, fields: dict[str, str], fault: str
) -> None:
    response = ada.post("/settings/users", {**ROSA, **fields})
    assert response.status_code in (409, 422)
    field = next(iter(fields))
    assert re.search(rf'id="{field}-fault" role="alert">.*{re.escape(fault)}', response.text, re.DOTALL)
    assert ("Rosa" in response.text) == (field != "name")
    assert do(app, lambda session: len(session.exec(select(User)).all())) == 1


def test_name_number_skills_and_languages_are_changed(
    app: RunningApp, ada: PageClient, ana: PageClient
) -> None:
    form = {
        "name": "Ana L.",
        "role": "agent",
        "number": "",
        "skills": "returns، french",
        "languages": "EN, fa",
    }
    assert ada.post(f"/settings/users/{ana.id}", form).headers["location"].endswith("?done=saved")
    agent = agent_of(app, ana.id)
    assert (agent.skills, agent.languages) == (["returns", "french"], ["en", "fa"])
    assert ana.get("/me").status_code == 200  # none of this ends a session
    response = ada.post(f"/settings/users/{ana.id}", {**form, "languages": "english please"})
    assert response.status_code == 422
    assert "english please" in response.text
    assert "languages-fault" in response.text


def test_a_change_of_role_makes_an_agent_or_ends_being_one(
    app: RunningApp, ada: PageClient, ana: PageClient
) -> None:
    form = {"name": "Ana", "role": "supervisor", "number": ""}
    ada.post(f"/settings/users/{ana.id}", {**form, **CONFIRM})
    assert agent_of(app, ana.id).state == "offline"
    assert "Ana serves every queue" not in ada.get_page("/settings/queues")
    sue = sign_in(app, "Sue", "supervisor")
    ada.post(f"/settings/users/{sue.id}", {**form, **CONFIRM, "name": "Sue", "role": "agent"})
    assert agent_of(app, sue.id).state == "offline"
    assert "Sue serves every queue" in ada.get_page("/settings/queues")


def test_a_supervisor_sees_users_and_can_take_an_agent_offline(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    page = page_text(sue.get_page(f"/settings/users/{ana.id}"))
    assert "Sign off" in page
    assert "An administrator adds people" in page
    assert sue.post(f"/settings/users/{ana.id}/offline").status_code == 303
    assert agent_of(app, ana.id).state == "offline"
    change = do(app, lambda session: session.exec(select(StateChange)).all()[-1])
    assert (change.agent_id, change.state, change.by_id) == (ana.id, "offline", sue.id)


def test_an_agent_held_by_a_call_that_is_over_is_set_free(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    assert "Set free" not in sue.get_page("/settings/queues")

    def hold(session: Session) -> None:
        states.claim(session, ana.id, "call_gone", app.services.clock.now())
        states.mark_on_call(session, ana.id, "call_gone", app.services.clock.now())

    do(app, hold)
    assert "Set free" in sue.get_page("/settings/queues")
    assert ana.post(f"/settings/queues/{ana.id}/free", {}).status_code == 403
    freed = sue.post(f"/settings/queues/{ana.id}/free", {})
    assert (freed.status_code, freed.headers["location"]) == (303, "/settings/queues")
    assert (agent_of(app, ana.id).state, agent_of(app, ana.id).call_id) == ("available", None)
    assert sue.post(f"/settings/queues/{ana.id}/free", {}).status_code == 409


def test_queues_are_chosen_box_by_box(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    path, htmx = f"/settings/queues/{ana.id}", {"HX-Request": "true"}
    assert sue.post(path, {"every": "on"}, **htmx).status_code == 200
    assert agent_of(app, ana.id).queues is None
    sue.post(path, {}, **htmx)  # no longer every queue: all of them ticked, to be unticked one by one
    assert agent_of(app, ana.id).queues == ["sales", "support"]
    response = sue.post(path, {"queue": "sales"}, **htmx)
    assert agent_of(app, ana.id).queues == ["sales"]
    assert response.text.count(" checked") == 1
    assert "Saved" in response.text
    sue.post(path, {}, **htmx)
    assert agent_of(app, ana.id).queues == []
    response = sue.post(path, {"languages": "??"}, **htmx)
    assert response.status_code == 422
    assert "a language is a tag" in response.text
    assert sue.post(path, {"queue": "support"}).headers["location"] == "/settings/queues"
    assert sue.post(path, {"languages": "??"}).status_code == 422
    assert sue.post("/settings/queues/nobody", {}, **htmx).status_code == 404


def test_each_queue_says_how_many_agents_are_on_now(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    assert "On now 1 agent Free 1" in page_text(sue.get_page("/settings/queues"))
    sue.post(f"/settings/users/{ana.id}/offline")
    assert "nobody: callers get the operator at once" in page_text(sue.get_page("/settings/queues"))


def test_each_number_shows_the_webhook_urls_to_configure(app: RunningApp) -> None:
    page = sign_in(app, "Sue", "supervisor", language="fa").get_page("/settings/numbers")
    for url in (number_urls(PUBLIC).voice, number_urls(PUBLIC).status, number_urls(PUBLIC).message):
        assert f'value="{url.replace("&", "&amp;")}"' in page


@pytest.mark.engine("sqlite")
def test_faults_of_the_configuration_are_shown(database_url: str, tmp_path: Path) -> None:
    environment = {
        "CALLCRM_OPERATOR_NUMBER": "+12025550100",
        "CALLCRM_SIGNATURES": "observe",
        "CALLCRM_PUBLIC_URL": "http://calls.example.test",
        "CALLCRM_TWILIO_API_URL": "https://carrier.example.test",
    }
    with open_app(settings_for(database_url, tmp_path, **environment)) as app:
        text = page_text(sign_in(app, "Sue", "supervisor").get_page("/settings/numbers"))
    assert "is one of ours: a call to it would come back here" in text
    assert "Signatures that do not fit are only counted" in text
    assert "http://calls.example.test is not https" in text


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "127.0.0.2", "[::1]", "0.0.0.0", "crm.localhost"])
def test_a_url_of_this_machine_is_shown_as_such_however_it_is_written(
    database_url: str, tmp_path: Path, host: str
) -> None:
    environment = {
        "CALLCRM_PUBLIC_URL": f"http://{host}:8000",
        "CALLCRM_TWILIO_API_URL": "https://carrier.example.test",
    }
    with open_app(settings_for(database_url, tmp_path, **environment)) as app:
        text = page_text(sign_in(app, "Sue", "supervisor").get_page("/settings/numbers"))
    assert "can be called from this machine alone" in text


def test_a_user_chooses_language_and_theme(app: RunningApp, ana: PageClient) -> None:
    ana.post("/me/preferences", {"language": "fa", "theme": "dark"})
    page = ana.get_page("/me")
    assert 'lang="fa" dir="rtl" data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page
    assert ana.post("/me/language", {"language": "en", "back": "/me?a=b"}).headers["location"] == "/me?a=b"
    assert ana.post("/me/language", {"language": "en", "back": "//x.example"}).headers["location"] == "/"
    assert 'lang="en"' in ana.get_page("/me")
    assert ana.post("/me/language", {"language": "tlh", "back": "/me"}).status_code == 422
    with pytest.raises(Refused):
        do(app, partial(users.set_preferences, user_id=ana.id, theme="pink"))


def test_disabled_users_are_last_in_the_list(app: RunningApp, ada: PageClient, ana: PageClient) -> None:
    ada.post(f"/settings/users/{ana.id}/disable")
    names = [listed.user.name for listed in do(app, partial(users.list_users, now=app.services.clock.now()))]
    assert names == ["Ada", "Ana"]
    sign_in(app, "Zoe")
    names = [listed.user.name for listed in do(app, partial(users.list_users, now=app.services.clock.now()))]
    assert names == ["Ada", "Zoe", "Ana"]
    assert "Disabled" in page_text(ada.get_page("/settings/users"))
