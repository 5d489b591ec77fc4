"""An Idempotency-Key: a request sent again does nothing again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import select

from callcrm.models import IdempotencyKey
from callcrm.store import idempotency
from tests.api.support.each import each
from tests.api.support.office import Asker, Office, at, call

NOTES = "/calls/call_one/notes"


@pytest.fixture(autouse=True)
def a_call(office: Office) -> None:
    """A call to note things on."""
    office.add(call("one"), call("two"))


def note(asker: Asker, body: str, key: str, status: int = 201, path: str = NOTES) -> str:
    answer = asker.ask("POST", path, json={"body": body}, headers={"Idempotency-Key": key})
    assert answer.status_code == status, answer.text
    return answer.text


def notes(office: Office) -> list[str]:
    return [note["body"] for note in office.ana.get("/calls/call_one")["notes"]]


def test_a_request_sent_again_gets_the_same_answer_and_does_nothing(office: Office) -> None:
    assert note(office.ana, "once", "k1") == note(office.ana, "once", "k1")
    assert notes(office) == ["once"]


def test_the_same_request_spelt_otherwise_is_the_same(office: Office) -> None:
    first = note(office.ana, "once", "k1")
    content = b'{ "body" :\n"\\u006fnce" }'
    headers = {"Idempotency-Key": "k1", "Content-Type": "application/json"}
    assert office.ana.ask("POST", NOTES, content=content, headers=headers).text == first


def test_a_key_used_for_something_else_is_refused(office: Office) -> None:
    note(office.ana, "once", "k1")
    note(office.ana, "twice", "k1", 422)
    note(office.ana, "once", "k1", 422, "/calls/call_two/notes")
    assert notes(office) == ["once"]


def test_another_key_is_another_request(office: Office) -> None:
    note(office.ana, "once", "k1")
    note(office.ana, "once", "k2")
    assert notes(office) == ["once", "once"]


def test_keys_of_different_tokens_have_nothing_to_do_with_each_other(office: Office) -> None:
    note(office.ana, "hers", "k1")
    note(office.ben, "his", "k1")
    assert sorted(notes(office)) == ["hers", "his"]


def test_without_a_key_each_request_acts(office: Office) -> None:
    for _ in range(2):
        office.ana.send("POST", NOTES, {"body": "again"}, 201)
    assert notes(office) == ["again", "again"]


def test_a_refused_request_may_be_mended_with_its_key(office: Office) -> None:
    note(office.ana, "once", "k1", 404, "/calls/call_gone/notes")
    office.add(call("gone"))
    note(office.ana, "once", "k1", 201, "/calls/call_gone/notes")


def test_a_request_sent_many_times_at_once_acts_once(office: Office) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: note(office.ana, "once", "k1"), range(16)))
    assert (len(answers), notes(office)) == (1, ["once"])


@each("key", ["", "x" * 256, "a\tb", "ключ"])
def test_a_key_that_is_none_is_refused(office: Office, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = office.ana.ask("POST", NOTES, json={"body": "once"}, headers=headers)
    assert (answer.status_code, notes(office)) == (400, [])


def test_old_keys_are_forgotten(office: Office) -> None:
    note(office.ana, "old", "k1")
    office.parts.clock.advance(60)
    note(office.ana, "new", "k2")
    assert office.do(lambda session: idempotency.forget(session, at(0.5))) == 1
    assert office.do(lambda session: len(session.exec(select(IdempotencyKey)).all())) == 1


def test_a_customer_is_made_once(office: Office) -> None:
    for _ in range(2):
        office.ana.send("POST", "/customers", {"name": "Rosa"}, 201, headers={"Idempotency-Key": "k1"})
    assert len(office.ana.get("/customers")["items"]) == 1
