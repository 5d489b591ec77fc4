"""The bank of answers, over the API."""

from typing import Any

import pytest

from tests.api.support.office import Asker, Office, call, customer

QUESTION, ANSWER = "When is the shop open?", "From nine to five."


def add(who: Asker, **more: object) -> Any:
    return who.send(
        "POST", "/answers", {"question": QUESTION, "answer": ANSWER, "language": "en", **more}, 201
    )


def test_an_answer_has_the_fields_of_the_contract(office: Office) -> None:
    found = add(office.sara, queue="orders")
    named = ("question", "answer", "language", "queue", "state", "version", "helped", "did_not_help")
    assert {name: found[name] for name in named} == {
        "question": QUESTION,
        "answer": ANSWER,
        "language": "en",
        "queue": "orders",
        "state": "published",
        "version": 1,
        "helped": 0,
        "did_not_help": 0,
    }
    assert office.ben.get(f"/answers/{found['id']}") == found


def test_an_agents_answer_is_theirs_until_a_supervisor_publishes_it(office: Office) -> None:
    found = add(office.ana)
    path = f"/answers/{found['id']}"
    assert found["state"] == "proposed"
    assert [office.ana.ids("/answers"), office.ben.ids("/answers"), office.sara.ids("/answers")] == [
        [found["id"]],
        [],
        [found["id"]],
    ]
    assert office.ben.ask("GET", path).status_code == 404
    office.ben.send("PATCH", path, {"answer": "Never."}, 404)
    office.ana.send("PATCH", path, {"state": "published"}, 403)
    assert office.sara.send("PATCH", path, {"state": "published"})["state"] == "published"
    assert office.ben.ids("/answers", q="shop") == [found["id"]]


def test_its_state_may_be_said_with_it_and_an_agent_publishes_nothing(office: Office) -> None:
    assert add(office.sara, state="published")["state"] == "published"
    proposed = add(office.sara, state="proposed")
    assert proposed["state"] == "proposed"
    assert office.ben.ask("GET", f"/answers/{proposed['id']}").status_code == 404
    assert add(office.ana, state="proposed")["state"] == "proposed"
    body = {"question": QUESTION, "answer": ANSWER, "state": "published"}
    office.ana.send("POST", "/answers", body, 403)


def test_an_agents_change_of_a_published_one_waits_while_it_stays(office: Office) -> None:
    found = add(office.sara)
    path = f"/answers/{found['id']}"
    proposed = office.ana.send("PATCH", path, {"answer": "From nine to six."})
    assert (proposed["state"], proposed["answer"]) == ("proposed", "From nine to six.")
    assert proposed["version"] > found["version"]
    for who in (office.ana, office.ben, office.sara):
        shown = who.get(path)
        assert (shown["state"], shown["answer"]) == ("published", ANSWER)
    assert office.ben.get(path)["proposal"] is None
    assert office.sara.get(path)["proposal"]["answer"] == "From nine to six."
    office.ben.send("PATCH", path, {"answer": "At night."}, 409)
    published = office.sara.send("PATCH", path, {"state": "published"})
    assert (published["state"], published["answer"]) == ("published", "From nine to six.")
    assert office.ben.ids("/answers", q="six") == [found["id"]]
    assert office.ben.ids("/answers", q="five") == []


def test_an_edit_of_an_older_version_is_refused(office: Office) -> None:
    found = add(office.sara)
    path = f"/answers/{found['id']}"
    office.sara.send("PATCH", path, {"answer": "Always."})
    stale = office.sara.ask("PATCH", path, json={"answer": "Never."}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.headers["ETag"] == '"2"'


@pytest.mark.parametrize(
    ("q", "language"),
    [("ساعت كاري", "fa"), ("می‌خواهم", "fa"), ("میخواهم", "fa"), ("می خواهم", "fa"), ("SHOP open", "en")],
)
def test_answers_are_found_in_both_languages_in_any_spelling(office: Office, q: str, language: str) -> None:
    en = add(office.sara)
    fa = add(office.sara, question="ساعت کاری چیست؟ می‌خواهم بیایم", answer="۹ تا ۵", language="fa")
    wanted = {"en": en, "fa": fa}[language]
    assert office.ana.ids("/answers", q=q) == [wanted["id"]]
    assert office.ana.ids("/answers", language=language) == [wanted["id"]]


def test_feedback_counts_and_a_second_word_on_a_call_replaces_the_first(office: Office) -> None:
    office.add(*customer("rosa"))
    office.add(call("one"))
    path = f"/answers/{add(office.sara)['id']}/feedback"
    said = office.ana.send("POST", path, {"helped": True, "call": "call_one"}, 201)
    assert (said["helped"], said["did_not_help"], said["version"]) == (1, 0, 1)
    said = office.ana.send("POST", path, {"helped": False, "call": "call_one"}, 201)
    assert (said["helped"], said["did_not_help"]) == (0, 1)
    said = office.ben.send("POST", path, {"helped": True, "call": "call_one"}, 201)
    assert (said["helped"], said["did_not_help"]) == (1, 1)
    office.ana.send("POST", path, {"helped": True, "call": "call_none"}, 422)


@pytest.mark.parametrize(
    "wrong", [{"question": " "}, {"answer": ""}, {"question": "q" * 501}, {"language": "English"}]
)
def test_what_is_no_answer_is_refused(office: Office, wrong: dict[str, str]) -> None:
    office.sara.send("POST", "/answers", {"question": QUESTION, "answer": ANSWER, **wrong}, 422)


def test_where_an_answer_belongs(office: Office) -> None:
    found = add(office.sara, menus=["prices"], dispositions=["question_answered"])
    assert (found["menus"], found["dispositions"], found["subjects"]) == (
        ["prices"],
        ["question_answered"],
        [],
    )
    changed = office.sara.send("PATCH", f"/answers/{found['id']}", {"menus": []})
    assert (changed["menus"], changed["dispositions"]) == ([], ["question_answered"])
