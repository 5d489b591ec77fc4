"""Settings: who there is, who serves what, and what the carrier is to be told."""

import re
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select

from callcrm.agents import users
from callcrm.base.errors import Refused
from callcrm.carrier.urls import number_urls
from callcrm.models import Agent, StateChange, User
from tests.running_app import PUBLIC, RunningApp, open_app, settings_for
from tests.web.support.login_client import CSRF_FIELD, LoginClient
from tests.web.support.page_client import PageClient, do, page_text, sign_in

LINK = re.compile(r'value="https://[^/]+(/set-password/[\w-]+)"')
NEW = "another long sentence of the tests"
ROSA = {"email": "rosa@example.test", "name": "Rosa", "role": "agent", "number": "(202) 555-0111"}


@pytest.fixture
def ada(app: RunningApp) -> PageClient:
    """An administrator."""
    return sign_in(app, "Ada", "admin")


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent."""
    return sign_in(app, "Ana", available=True)


def user_of(app: RunningApp, email: str) -> User:
    found: User = do(app, lambda session: users.user_by_email(session, email))
    return found


def agent_of(app: RunningApp, user_id: str) -> Agent:
    found: Agent = do(app, lambda session: session.get_one(Agent, user_id))
    return found


def test_somebody_added_gets_a_link_that_is_shown_once_and_works(app: RunningApp, ada: PageClient) -> None:
    answer = ada.post("/settings/users", ROSA)
    found = LINK.search(answer.text)
    assert answer.status_code == 200
    assert found
    rosa = user_of(app, "rosa@example.test")
    assert (rosa.number, rosa.password_hash) == ("+12025550111", None)
    assert "set-password" not in ada.see(f"/settings/users/{rosa.id}")
    browser = LoginClient(app)
    token = CSRF_FIELD.search(browser.get(found[1]).text)
    assert token
    assert browser.post(found[1], {"csrf": token[1], "password": NEW}).status_code == 303
    assert browser.is_in


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "no address"}, "this is no e-mail address"),
        ({"email": "ada@example.test"}, "there is already a user ada@example.test"),
        ({"name": " "}, "a name has 1 to 200 characters"),
        ({"role": "owner"}, "the roles are"),
        ({"number": "12"}, "this is no telephone number"),
        ({"number": "+12025550100"}, "one of our own lines"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost(
    app: RunningApp, ada: PageClient, wrong: dict[str, str], said: str
) -> None:
    answer = ada.post("/settings/users", {**ROSA, **wrong})
    assert answer.status_code in (409, 422)
    field = next(iter(wrong))
    assert re.search(rf'id="{field}-fault" role="alert">.*{re.escape(said)}', answer.text, re.DOTALL)
    assert ("Rosa" in answer.text) == (field != "name")
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
    assert ana.get("/me").status_code == 200  # nothing that ends a session
    answer = ada.post(f"/settings/users/{ana.id}", {**form, "languages": "english please"})
    assert answer.status_code == 422
    assert "english please" in answer.text
    assert "languages-fault" in answer.text


def test_with_another_role_one_is_at_the_phones_or_not(
    app: RunningApp, ada: PageClient, ana: PageClient
) -> None:
    form = {"name": "Ana", "role": "supervisor", "number": ""}
    ada.post(f"/settings/users/{ana.id}", form)
    assert agent_of(app, ana.id).state == "offline"
    assert "Ana serves every queue" not in ada.see("/settings/queues")
    sue = sign_in(app, "Sue", "supervisor")
    ada.post(f"/settings/users/{sue.id}", {**form, "name": "Sue", "role": "agent"})
    assert agent_of(app, sue.id).state == "offline"
    assert "Sue serves every queue" in ada.see("/settings/queues")


def test_a_supervisor_sees_who_there_is_and_signs_off_who_left(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    page = page_text(sue.see(f"/settings/users/{ana.id}"))
    assert "Sign off" in page
    assert "An administrator adds people" in page
    assert sue.post(f"/settings/users/{ana.id}/offline").status_code == 303
    assert agent_of(app, ana.id).state == "offline"
    change = do(app, lambda session: session.exec(select(StateChange)).all()[-1])
    assert (change.agent_id, change.state, change.by_id) == (ana.id, "offline", sue.id)


def test_queues_are_chosen_a_box_at_a_time(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    path, part = f"/settings/queues/{ana.id}", {"HX-Request": "true"}
    assert sue.post(path, {"every": "on"}, **part).status_code == 200
    assert agent_of(app, ana.id).queues is None
    sue.post(path, {}, **part)  # no more every queue: all there are, to be unticked one by one
    assert agent_of(app, ana.id).queues == ["sales", "support"]
    answer = sue.post(path, {"queue": "sales"}, **part)
    assert agent_of(app, ana.id).queues == ["sales"]
    assert answer.text.count(" checked") == 1
    assert "Saved" in answer.text
    sue.post(path, {}, **part)
    assert agent_of(app, ana.id).queues == []
    answer = sue.post(path, {"languages": "??"}, **part)
    assert answer.status_code == 422
    assert "a language is a tag" in answer.text
    assert sue.post(path, {"queue": "support"}).headers["location"] == "/settings/queues"
    assert sue.post(path, {"languages": "??"}).status_code == 422
    assert sue.post("/settings/queues/nobody", {}, **part).status_code == 404


def test_the_queues_say_who_is_on_now(app: RunningApp, ana: PageClient) -> None:
    sue = sign_in(app, "Sue", "supervisor")
    assert "On now 1 agent Free 1" in page_text(sue.see("/settings/queues"))
    sue.post(f"/settings/users/{ana.id}/offline")
    assert "nobody: callers get the operator at once" in page_text(sue.see("/settings/queues"))


def test_the_numbers_come_with_what_to_tell_the_carrier(app: RunningApp) -> None:
    page = sign_in(app, "Sue", "supervisor", language="fa").see("/settings/numbers")
    for url in (number_urls(PUBLIC).voice, number_urls(PUBLIC).status, number_urls(PUBLIC).message):
        assert f'value="{url.replace("&", "&amp;")}"' in page


@pytest.mark.engine("sqlite")
def test_what_is_wrong_with_the_numbers_is_said(database_url: str, tmp_path: Path) -> None:
    wrong = {
        "CALLCRM_OPERATOR_NUMBER": "+12025550100",
        "CALLCRM_SIGNATURES": "observe",
        "CALLCRM_PUBLIC_URL": "http://calls.example.test",
        "CALLCRM_TWILIO_API_URL": "https://carrier.example.test",
    }
    with open_app(settings_for(database_url, tmp_path, **wrong)) as app:
        said = page_text(sign_in(app, "Sue", "supervisor").see("/settings/numbers"))
    assert "is one of ours: a call to it would come back here" in said
    assert "Signatures that do not fit are only counted" in said
    assert "http://calls.example.test is not https" in said


def test_pages_look_and_speak_as_one_likes(app: RunningApp, ana: PageClient) -> None:
    ana.post("/me/preferences", {"language": "fa", "theme": "dark"})
    page = ana.see("/me")
    assert 'lang="fa" dir="rtl" data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page
    assert ana.post("/me/language", {"language": "en", "back": "/me?a=b"}).headers["location"] == "/me?a=b"
    assert ana.post("/me/language", {"language": "en", "back": "//x.example"}).headers["location"] == "/"
    assert 'lang="en"' in ana.see("/me")
    assert ana.post("/me/language", {"language": "tlh", "back": "/me"}).status_code == 422
    with pytest.raises(Refused):
        do(app, partial(users.set_preferences, user_id=ana.id, theme="pink"))


def test_the_list_has_those_sent_away_at_its_end(app: RunningApp, ada: PageClient, ana: PageClient) -> None:
    ada.post(f"/settings/users/{ana.id}/disable")
    names = [one.user.name for one in do(app, partial(users.list_users, now=app.services.clock.now()))]
    assert names == ["Ada", "Ana"]
    sign_in(app, "Zoe")
    names = [one.user.name for one in do(app, partial(users.list_users, now=app.services.clock.now()))]
    assert names == ["Ada", "Zoe", "Ana"]
    assert "Disabled" in page_text(ada.see("/settings/users"))
