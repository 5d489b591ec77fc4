"""Numbers as they are pasted, in the filters of lists and in a customer's phones: understood, or refused."""

import pytest

from tests.api.messages.test_api_messages import message
from tests.api.support.each import each
from tests.api.support.office import Office, at, call, customer

ROSA, PAUL = "+12025550123", "+12025550144"
PASTED = [
    "+1\u2011202\u2011555\u20110123",
    "+1–202–555–0123",
    "tel:+1-202-555-0123",
    "<tel:+12025550123>",
    "[+1 202 555 0123]",
    "\u2066+1 202 555 0123\u2069",
    "\u200e(202)\u00a0555\u20110123\u200f",
    "“+1 202 555 0123”",
]
BETWEEN = [", ", "\n", " ", "", " / ", "، "]
LISTS = ("/calls", "/customers", "/messages")
FIRST = {"/calls": "call_one", "/customers": "cus_rosa", "/messages": "msg_one"}


@pytest.fixture
def filled(office: Office) -> Office:
    """Two customers, a call and a message of each."""
    office.add(*customer("rosa", ROSA), *customer("paul", PAUL, created_at=at(1)))
    office.add(call("one", phone=ROSA), call("two", phone=PAUL, started_at=at(1)))
    office.add(message("one", phone=ROSA, party=ROSA), message("two", 1, phone=PAUL, party=PAUL))
    return office


@pytest.mark.parametrize("path", LISTS)
@each("pasted", PASTED)
def test_a_pasted_number_is_understood_by_every_list(filled: Office, path: str, pasted: str) -> None:
    assert filled.ana.ids(path, phone=pasted) == [FIRST[path]]


@pytest.mark.parametrize("path", LISTS)
@each("between", BETWEEN)
def test_of_two_pasted_numbers_either_is_listed(filled: Office, path: str, between: str) -> None:
    assert len(filled.ana.ids(path, phone=f"{ROSA}{between}{PAUL}")) == 2


@pytest.mark.parametrize("path", LISTS)
@each("wrong", ["2025550123 2025550144", "+1 202 555 0123 0144 77", f"{ROSA}, 2025550123456789", ROSA + "½"])
def test_what_looks_like_a_number_and_is_none_is_refused(filled: Office, path: str, wrong: str) -> None:
    refused = filled.ana.ask("GET", path, params={"phone": wrong})
    assert (refused.status_code, "no number that can be rung" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize("path", LISTS)
@each("nobody", ["anonymous", "266696687", "12345", "sip:12025550123@example.test"])
def test_a_caller_without_a_number_is_in_no_list(filled: Office, path: str, nobody: str) -> None:
    assert filled.ana.ids(path, phone=nobody) == []


@each("pasted", [*PASTED, f"{ROSA} {ROSA}"])
def test_a_customer_gets_the_pasted_number(office: Office, pasted: str) -> None:
    made = office.ana.send("POST", "/customers", {"name": "Rosa", "phones": [pasted]}, 201)
    assert made["phones"] == [ROSA]


@each("between", BETWEEN)
def test_two_numbers_pasted_together_are_two_phones(office: Office, between: str) -> None:
    made = office.ana.send("POST", "/customers", {"name": "Rosa", "phones": [ROSA + between + PAUL]}, 201)
    assert made["phones"] == [ROSA, PAUL]
    changed = office.ana.send("PATCH", f"/customers/{made['id']}", {"phones": [PAUL + between + ROSA]})
    assert changed["phones"] == [PAUL, ROSA]


def test_of_too_many_numbers_in_one_text_none_is_lost_in_silence(office: Office) -> None:
    text = ",".join(f"{2025550100 + number}" for number in range(18))
    phones = [text, ",".join(f"{3105550100 + number}" for number in range(18))]
    made = office.ana.send("POST", "/customers", {"name": "Rosa", "phones": phones}, 201)
    assert len(made["phones"]) == 36
    assert len(set(made["phones"])) == 36
