"""The bank of answers on its pages, and answers beside a call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callcrm.business import modules
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

PHONE = "+12025550134"
HX = {"HX-Request": "true"}


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


@pytest.fixture
def ana(app: RunningApp, grace: PageClient) -> PageClient:
    """Ana, an agent."""
    return sign_in(app, "Ana")


def write(client: PageClient, **fields: Any) -> str:
    """The path of a new answer."""
    values = {"question": "When are you open?", "answer": "From nine to five.", "language": "en", **fields}
    return str(client.post("/answers", values).headers["location"])


def calling(app: RunningApp, phone: str = PHONE) -> str:
    app.rings("CA1", phone)
    return str(app.get("/calls/CA1")["id"])


def test_an_agent_proposes_and_a_supervisor_publishes(
    app: RunningApp, ana: PageClient, grace: PageClient
) -> None:
    path = write(ana)
    ben = sign_in(app, "Ben")
    assert ben.get(path).status_code == 404
    assert "It waits for a supervisor" in page_text(ana.get_page(path))
    assert "When are you open?" in page_text(grace.get_page("/answers?show=waiting"))
    assert ana.post(f"{path}/publish").status_code == 403
    grace.post(f"{path}/publish")
    assert "From nine to five." in page_text(ben.get_page(path))


def test_what_another_proposed_and_nobody_published_is_no_version_for_an_agent(
    ana: PageClient, grace: PageClient, app: RunningApp
) -> None:
    path, ben = write(grace), sign_in(app, "Ben")
    for text in ("Canary one.", "Canary two."):
        ana.post(path, {"question": "When are you open?", "answer": text, "language": "en"})
    assert "versions/2" in ana.get_page(path)
    for _ in range(2):
        assert not {"versions/2", "versions/3"} & set(ben.get_page(path).split('"'))
        assert ben.get(f"{path}/versions/2").status_code == 404
        assert ben.post(f"{path}/versions/2/restore").status_code == 404
        grace.post(f"{path}/decline")
    assert "Canary" not in ben.get_page(path)


def test_a_change_waits_is_compared_and_put_away_or_published(ana: PageClient, grace: PageClient) -> None:
    path = write(grace)
    ana.post(path, {"question": "When are you open?", "answer": "From nine to six.", "language": "en"})
    page = grace.get_page(path)
    assert "<del>five.</del><ins>six.</ins>" in page
    assert "Ana" in page_text(page)
    grace.post(f"{path}/decline")
    assert "A change waits" not in page_text(grace.get_page(path))
    ana.post(path, {"question": "When are you open?", "answer": "From nine to seven.", "language": "en"})
    grace.post(f"{path}/publish")
    assert "From nine to seven." in page_text(ana.get_page(path))
    first = page_text(grace.get_page(f"{path}/versions/1"))
    assert "From nine to five." in first
    grace.post(f"{path}/versions/1/restore")
    shown = page_text(grace.get_page(path))
    assert "From nine to five." in shown
    assert "Version 4" in shown


def test_two_who_change_one_at_once_choose(grace: PageClient, app: RunningApp) -> None:
    path = write(grace)
    form = {"question": "When are you open?", "language": "en", "queue": ""}
    base = '{"question": "When are you open?", "answer": "From nine to five.", "language": "en", "queue": ""}'
    grace.post(path, {**form, "answer": "At night."})
    both = grace.post(path, {**form, "answer": "By day.", "version": "1", "base": base})
    assert both.status_code == 409
    assert "At night." in page_text(both.text)
    assert "By day." in both.text


def test_answers_stand_beside_the_call_of_an_unknown_caller(
    app: RunningApp, ana: PageClient, grace: PageClient
) -> None:
    path = write(grace, question="Is there parking?", answer="Behind the house.")
    call = calling(app)
    card = ana.get_part(f"/desk/card/{call}")
    assert "Who is this?" in page_text(card)
    assert f'data-answers="{call}"' in card
    found = ana.post(f"/desk/answers/{call}", {"words": "they ask about parking"}, **HX)
    assert "Is there parking?" in page_text(found.text)
    opened = ana.post(f"{path}/opened", {"call": call}, **HX)
    assert "Behind the house." in page_text(opened.text)
    said = ana.post(f"{path}/helped", {"call": call, "helped": "yes"}, **HX)
    assert "helped 1 of 1 times" in page_text(said.text)
    ana.post(f"{path}/helped", {"call": call, "helped": "no"}, **HX)
    assert app.get(path)["helped"] == 0
    assert app.get(path)["used"] == 1


def test_a_question_without_an_answer_is_counted_and_answered(
    app: RunningApp, ana: PageClient, grace: PageClient
) -> None:
    call = calling(app)
    for text in ("Do you wash sleeping bags?", "do you wash SLEEPING bags", "میشویید قالي؟", "می‌شویید قالی"):
        noted = ana.post(f"/calls/{call}/questions", {"question": text}, **HX)
        assert noted.status_code == 200
    page = grace.get_page("/answers?show=open")
    assert "asked 2 times" in page_text(page)
    asked = page.split("/answers/new?asked=")[1].split('"')[0]
    form = grace.get_page(f"/answers/new?asked={asked}")
    assert f'value="{asked}"' in form
    write(grace, question="Do you wash sleeping bags?", answer="Yes.", asked=asked)
    assert "sleeping" not in page_text(grace.get_page("/answers?show=open")).lower()


def test_switched_off_it_is_gone(app: RunningApp, grace: PageClient, clock: SetClock) -> None:
    path, call = write(grace), calling(app)
    do(app, lambda session: modules.switch_off(session, ["answers"], by=None, now=clock.now()))
    assert grace.get(path).status_code == 404
    assert "data-answers" not in grace.get_part(f"/desk/card/{call}")
    assert 'href="/answers"' not in grace.get_page("/calls")
    assert app.send("GET", "/answers").status_code == 404
