"""Two administrators edit the same user, and two supervisors the same agent's queues."""

from typing import Any

import pytest

from callcrm.models import Agent, User
from tests.running_app import RunningApp
from tests.web.editing.conftest import fields_of
from tests.web.support.page_client import CONFIRM, PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

HX: dict[str, Any] = {"HX-Request": "true"}


@pytest.fixture
def mia(app: RunningApp) -> str:
    """An agent."""
    return sign_in(app, "Mia").id


def stored(app: RunningApp, user_id: str) -> tuple[Any, ...]:
    """Name, number, skills and languages of an agent."""

    def read(session: Any) -> tuple[Any, ...]:
        user, agent = session.get_one(User, user_id), session.get_one(Agent, user_id)
        return user.name, user.number, agent.skills, agent.languages

    result: tuple[Any, ...] = do(app, read)
    return result


def test_two_who_change_other_fields_of_a_user_are_both_heard(
    app: RunningApp, ana: PageClient, ben: PageClient, mia: str
) -> None:
    path = f"/settings/users/{mia}"
    opened = [fields_of(client.get_page(path), path) for client in (ana, ben)]
    changed = opened[0] | {"number": "(202) 555-0111", "skills": "refunds", **CONFIRM}
    assert ana.post(path, changed).status_code == 303
    assert ben.post(path, opened[1] | {"name": "Mia Lane", "skills": "orders"}).status_code == 303
    assert stored(app, mia) == ("Mia Lane", "+12025550111", ["refunds", "orders"], [])


def test_a_name_two_gave_a_user_is_shown_twice_and_chosen(
    app: RunningApp, ana: PageClient, ben: PageClient, mia: str
) -> None:
    path = f"/settings/users/{mia}"
    opened = fields_of(ben.get_page(path), path)
    ana.post(path, fields_of(ana.get_page(path), path) | {"name": "Mia L."})
    both = ben.post(path, opened | {"name": "Mia Lane", "languages": "fa"})
    assert both.status_code == 409
    assert "What you chose Mia Lane Stored meanwhile Mia L." in page_text(both.text)
    fields = fields_of(both.text, path)
    assert (fields["name"], fields["languages"]) == ("Mia Lane", "fa")
    assert ben.post(path, fields | {"choice.name": "stored"}).status_code == 303
    assert stored(app, mia) == ("Mia L.", None, [], ["fa"])


def test_a_role_two_gave_a_user_is_shown_twice(ana: PageClient, ben: PageClient, mia: str) -> None:
    path = f"/settings/users/{mia}"
    opened = fields_of(ben.get_page(path), path)
    ana.post(path, fields_of(ana.get_page(path), path) | {"role": "supervisor", **CONFIRM})
    both = ben.post(path, opened | {"role": "admin", **CONFIRM})
    assert both.status_code == 409
    assert "What you chose Administrator Stored meanwhile Supervisor" in page_text(both.text)


def row_fields(page: str, agent_id: str) -> dict[str, Any]:
    """What the row of an agent carries in its form."""
    return fields_of(page, f"/settings/queues/{agent_id}")


def test_queues_and_words_two_give_an_agent_are_put_together(
    app: RunningApp, ana: PageClient, ben: PageClient, mia: str
) -> None:
    path = f"/settings/queues/{mia}"
    ana.post(path, {"queue": ["sales", "support"], "skills": "orders", "languages": "en"})
    carried = row_fields(ben.get_page("/settings/queues"), mia)
    ana.post(path, {**carried, "queue": ["sales"], "skills": "orders, refunds", "languages": "en"})
    merged = ben.post(
        path, {**carried, "queue": ["sales", "support", "main"], "skills": "", "languages": "en, fa"}, **HX
    )
    assert merged.status_code == 200
    agent = app.agent(mia)
    assert (agent.queues, agent.skills, agent.languages) == (["sales", "main"], ["refunds"], ["en", "fa"])


def test_every_queue_is_not_undone_by_who_had_not_seen_it(
    app: RunningApp, ana: PageClient, ben: PageClient, mia: str
) -> None:
    path = f"/settings/queues/{mia}"
    ana.post(path, {"queue": ["sales"]})
    carried = row_fields(ben.get_page("/settings/queues"), mia)
    ana.post(path, {**carried, "every": "on"})
    ben.post(path, {**carried, "queue": ["sales"], "languages": "fa"})
    agent = app.agent(mia)
    assert (agent.queues, agent.languages) == (None, ["fa"])


def test_preferences_of_ones_own_two_tabs_are_put_together(ana: PageClient) -> None:
    opened = fields_of(ana.get_page("/me"), "/me/preferences")
    ana.post("/me/preferences", opened | {"theme": "dark"})
    ana.post("/me/preferences", opened | {"language": "fa"})
    page = ana.get_page("/me")
    assert 'lang="fa"' in page
    assert 'data-theme="dark"' in page
