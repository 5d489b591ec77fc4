"""Errors are problem documents (RFC 9457), and bad input is never our fault."""

import logging
from typing import Any

import pytest

from callcrm.calls import search
from callcrm.store.store import StoreDown
from tests.api.support.each import each
from tests.api.support.office import Office, call

NOTES = "/calls/call_one/notes"
JSON = {"Content-Type": "application/json"}


def test_an_address_there_is_not_is_a_problem(office: Office) -> None:
    answer = office.client.get("/api/v1/nothing/here")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing at this address.",
    }


@each("path", ["/api/v1/calls/", "/api/v1/", "/api/v1//calls", "/api/v1/calls/x/y/z"])
def test_an_address_is_never_redirected(office: Office, path: str) -> None:
    answer = office.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@each(
    "method path allowed",
    [
        ("DELETE", "/calls", "GET, HEAD, POST"),
        ("POST", "/queues", "GET, HEAD"),
        ("GET", "/agents/ana/state", "PUT"),
        ("OPTIONS", "/calls", "GET, HEAD, POST"),
        ("BREW", "/calls", "GET, HEAD, POST"),
    ],
)
def test_a_method_an_address_does_not_take_is_a_problem(
    office: Office, method: str, path: str, allowed: str
) -> None:
    answer = office.ana.ask(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_the_document_takes_no_post(office: Office) -> None:
    assert office.stranger.ask("POST", "/openapi.json").status_code == 405


@each(
    "content headers status",
    [
        (b'{"body": "a"}', {"Content-Type": "text/plain"}, 415),
        (b'{"body": "a"}', {"Content-Type": ""}, 415),
        (b'{"body": "a"}', {"Content-Type": "application/json; charset=utf-16"}, 415),
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b'{"body": "\xff"}', JSON, 400),
        (b'{"body": "\xed\xa0\x80"}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"body": "\\ud800"}', JSON, 400),
        (b'{"body": "\\u0000"}', JSON, 422),
        (b"null", JSON, 422),
        (b'["a"]', JSON, 422),
        (b'"a"', JSON, 422),
        (b"1e999", JSON, 422),
        (b'{"body": "a", "author": "Sara"}', JSON, 422),
        (b'{"body": "a", "call_id": "call_two"}', JSON, 422),
        (b'{"body": "' + b"a" * 2_000_000 + b'"}', JSON, 413),
        (b'{"body": "a"}', JSON | {"Content-Length": "2000000000"}, 413),
    ],
)
def test_a_body_that_can_not_be_read_is_refused(
    office: Office, one_call: None, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = office.ana.ask("POST", NOTES, content=content, headers=headers)
    assert answer.status_code == status
    assert office.ana.get("/calls/call_one")["notes"] == []


@pytest.fixture
def one_call(office: Office) -> None:
    """A call to note things on."""
    office.add(call("one"))


def test_a_body_that_says_it_is_json_in_other_letters_is_read(office: Office, one_call: None) -> None:
    headers = {"Content-Type": 'Application/JSON; charset="UTF-8"'}
    assert office.ana.ask("POST", NOTES, content=b'{"body": "a"}', headers=headers).status_code == 201


def test_a_body_that_grows_too_large_unannounced_is_refused(office: Office) -> None:
    office.add(call("one"))
    pieces = (b" " * 100_000 for _ in range(12))
    assert office.ana.ask("POST", NOTES, content=pieces, headers=JSON).status_code == 413


def test_a_refusal_names_the_fields_and_repeats_no_value(office: Office) -> None:
    refused = office.ana.send("POST", "/customers", {"name": 5, "phones": ["+1202555\x00"]}, 422)
    assert [error["pointer"] for error in refused["errors"]] == ["#/name", "#/phones/0"]
    assert "+1202555" not in str(refused)


@each(
    "path",
    [
        "/calls/%00",
        "/calls/..%2f..%2fetc",
        "/calls/" + "x" * 5000,
        "/calls/%ff%fe",
        "/calls/é",
        "/calls/a%20b",
        "/customers/%00/history",
        "/recordings/%2e%2e/media",
        "/recordings/..%2f..%2f/media",
    ],
)
def test_an_id_that_can_be_none_is_not_found(office: Office, path: str) -> None:
    answer = office.client.get(f"/api/v1{path}", headers=office.ana._headers)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes looking for calls fail in a given way."""

    def fail(fault: Exception) -> None:
        def calls_found(*_: object, **__: object) -> None:
            raise fault

        monkeypatch.setattr(search, "calls", calls_found)

    return fail


def test_a_fault_of_ours_says_nothing_of_itself(
    office: Office, broken: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken(KeyError("+12025550123"))
    with caplog.at_level(logging.DEBUG):
        answer = office.ana.ask("GET", "/calls")
    assert (answer.status_code, "+1202" in answer.text, "KeyError" in answer.text) == (500, False, False)
    assert ("+1202" in caplog.text, "KeyError" in caplog.text) == (False, True)


def test_a_store_that_is_down_is_said_to_be(office: Office, broken: Any) -> None:
    broken(StoreDown("The store is away."))
    answer = office.ana.ask("GET", "/calls")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The store is away.")
    assert int(answer.headers["retry-after"]) > 0
