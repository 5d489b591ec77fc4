"""Two who edit the same: of two saves of one version one is done, and the other is told what there is now."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier
from typing import Any

import pytest

from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.base.objects import VersionedShape
from callcrm.models import Note, Promise
from callcrm.models.crm.answer import Answer, AnswerText
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import ConductStep
from callcrm.models.crm.contact import Contact
from callcrm.models.crm.feedback import FeedbackTheme
from callcrm.models.crm.loyalty import Programme
from callcrm.models.crm.purchase import Purchase
from tests.api.support.each import each
from tests.api.support.office import NOON, Office, at, call, customer, template

EDITORS = 32
# An object of each kind: its address, and two changes of it.
CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "/customers/cus_rosa": ("PATCH", {"name": "Rosa Luz"}, {"tier": "gold"}),
    "/calls/call_one": ("PATCH", {"disposition": "sold"}, {"customer": "cus_rosa"}),
    "/agents/ana": ("PATCH", {"skills": ["refunds"]}, {"queues": ["sales"]}),
    "/promises/prm_one": ("PATCH", {"state": "kept"}, {"state": "dropped"}),
    "/notes/note_one": ("PATCH", {"body": "She rang twice."}, {"body": "She rang thrice."}),
    "/complaints/cmp_one": ("PATCH", {"offer": "repair"}, {"offer": "refund"}),
    "/feedback-themes/fbt_one": ("PATCH", {"state": "planned"}, {"text": "The zip tears."}),
    "/purchases/pur_one": ("PATCH", {"payment": "card"}, {"delivered_at": "2026-01-05T11:00:00.000Z"}),
    "/programmes/prg_one": ("PATCH", {"name": "Five off"}, {"active": False}),
    "/answers/ans_one": ("PATCH", {"question": "Open late?"}, {"answer": "Until nine."}),
    "/contacts/cnt_one": ("PATCH", {"kind": "letter"}, {"body": "Came by."}),
    "/conduct-steps/cst_one": (
        "PATCH",
        {"state": "lifted", "reason": "All is well."},
        {"state": "lifted", "reason": "It was years ago."},
    ),
    "/customers/cus_rosa/contact-plan": (
        "PUT",
        {"agent": "ana", "reason": "She knows her."},
        {"agent": "ben", "reason": "He knows her."},
    ),
    "/surveys/settings": ("PUT", {"every_days": 31}, {"kind": "effort"}),
    "/agents/ana/state": ("PUT", {"state": "break"}, {"state": "offline"}),
}


def address(path: str) -> str:
    """Where the object is read that is changed at this path."""
    return path.removesuffix("/state")


@pytest.fixture(autouse=True)
def things(office: Office) -> None:
    """One thing of each kind that is edited about calls and purchases."""
    office.add(
        call("one"),
        *customer("rosa", "+12025550177"),
        FeedbackTheme(
            id="fbt_one", product="Coat", product_key="coat", kind="does_not", text="Zip", created_at=NOON
        ),
        Promise(id="prm_one", kind="promised", owner_id="ana", due_at=at(60), created_at=NOON),
        Purchase(
            id="pur_one",
            customer_id="cus_rosa",
            at=NOON,
            currency="USD",
            amount=500,
            payment="cash",
            created_at=NOON,
        ),
        Complaint(
            id="cmp_one",
            about="product",
            body="Torn.",
            search_text="torn",
            opened_at=NOON,
            due_at=at(480),
            created_at=NOON,
        ),
        Programme(id="prg_one", name="Five", kind="percent", parameters={"percent": 5}, created_at=NOON),
        Note(
            id="note_one",
            call_id="call_one",
            author_id="sara",
            author="Sara",
            body="She rang.",
            search_text="she rang.",
            created_at=NOON,
            finished_at=NOON,
        ),
    )


@pytest.fixture(autouse=True)
def things_of_the_rooms(office: Office, things: None) -> None:
    """Those that stand around the customer."""
    office.add(
        Answer(
            id="ans_one",
            question="Open?",
            body="Yes.",
            language="en",
            state="published",
            search_text="open? yes.",
            created_at=NOON,
            updated_at=NOON,
        ),
        AnswerText(
            answer_id="ans_one", number=1, question="Open?", body="Yes.", language="en", written_at=NOON
        ),
        Contact(
            id="cnt_one",
            customer_id="cus_rosa",
            kind="visit",
            direction="inbound",
            at=NOON,
            created_at=NOON,
        ),
        conduct_step("cst_one", step="warned"),
        conduct_step("cst_two", step="plan", agent_id="ana"),
    )


def conduct_step(step_id: str, **fields: Any) -> ConductStep:
    """A step in force."""
    proposed: dict[str, Any] = {"reason": "Rings at night.", "proposed_by": "sara", "proposed_at": NOON}
    return ConductStep(id=step_id, customer_id="cus_rosa", state="in_force", **proposed, **fields)


def tag(office: Office, path: str) -> str:
    """The ETag of what is at this path."""
    return office.sara.ask("GET", address(path)).headers["etag"]


def test_every_change_of_what_has_a_version_is_tried_here() -> None:
    changing = {
        (endpoint.method, endpoint.path)
        for endpoint in ENDPOINTS
        if endpoint.method in ("PATCH", "PUT", "DELETE")
        and isinstance(endpoint.answers, type)
        and issubclass(endpoint.answers, VersionedShape)
    }
    assert changing == {(method, template(path)) for path, (method, *_) in CHANGES.items()}


@each("path", CHANGES)
def test_a_save_of_an_older_version_gets_the_present_object_and_changes_nothing(
    office: Office, path: str
) -> None:
    method, first, second = CHANGES[path]
    older = tag(office, path)
    saved = office.sara.ask(method, path, json=first, headers={"If-Match": older})
    assert (saved.status_code, saved.headers["etag"]) == (200, tag(office, path))
    assert saved.headers["etag"] != older
    refused = office.sara.ask(method, path, json=second, headers={"If-Match": older})
    assert (refused.status_code, refused.headers["etag"]) == (412, tag(office, path))
    assert refused.json()["present"] == saved.json()
    now = office.sara.get(address(path))
    assert saved.json().items() <= now.items()
    done = office.sara.ask(method, path, json=second, headers={"If-Match": saved.headers["etag"]})
    assert done.status_code == 200


@each("path", CHANGES)
def test_without_if_match_or_with_a_star_the_later_save_changes_what_it_sends(
    office: Office, path: str
) -> None:
    method, first, second = CHANGES[path]
    office.sara.send(method, path, first)
    both = office.sara.send(method, path, second, headers={"If-Match": "*"})
    if first.keys() != second.keys():
        assert both[next(iter(first))] == next(iter(first.values()))


@each("path header", product(CHANGES, ("W/{tag}", '"nobody\'s"', '""')))
def test_a_tag_that_is_not_the_present_one_is_412(office: Office, path: str, header: str) -> None:
    method, first, _ = CHANGES[path]
    headers = {"If-Match": header.format(tag=tag(office, path))}
    assert office.sara.ask(method, path, json=first, headers=headers).status_code == 412


@each("path", CHANGES)
def test_a_header_that_is_no_tag_is_refused_before_anything_is_done(office: Office, path: str) -> None:
    method, first, _ = CHANGES[path]
    before = office.sara.get(address(path))
    assert office.sara.ask(method, path, json=first, headers={"If-Match": "7"}).status_code == 400
    assert office.sara.get(address(path)) == before


@each("path", CHANGES)
def test_what_changes_nothing_makes_no_new_version(office: Office, path: str) -> None:
    method, first, _ = CHANGES[path]
    once = office.sara.ask(method, path, json=first)
    assert office.sara.ask(method, path, json=first).headers["etag"] == once.headers["etag"]


@each("path", CHANGES)
def test_of_thirty_two_saves_of_one_version_one_is_done(office: Office, path: str) -> None:
    method, first, second = CHANGES[path]
    headers, start = {"If-Match": tag(office, path)}, Barrier(EDITORS)

    def save(number: int) -> int:
        start.wait()
        body = second if number % 2 else first
        return office.sara.ask(method, path, json=body, headers=headers).status_code

    with ThreadPoolExecutor(EDITORS) as pool:
        assert sorted(pool.map(save, range(EDITORS))) == [200, *[412] * (EDITORS - 1)]


def test_numbers_of_a_customer_are_edited_with_them(office: Office) -> None:
    older = tag(office, "/customers/cus_rosa")
    office.ana.send("PATCH", "/customers/cus_rosa", {"phones": ["+12025550188"]})
    headers = {"If-Match": older}
    present = office.ben.send("PATCH", "/customers/cus_rosa", {"phones": []}, 412, headers=headers)["present"]
    assert present["phones"] == ["+12025550188"]
    assert present["version"] == 2


def test_a_call_that_found_its_customer_by_itself_is_another_version(office: Office) -> None:
    older = tag(office, "/calls/call_one")
    office.ana.send("POST", "/customers", {"name": "Paul", "phones": ["+12025550123"]}, 201)
    headers = {"If-Match": older}
    present = office.ben.send("PATCH", "/calls/call_one", {"customer": None}, 412, headers=headers)["present"]
    assert present["customer"]["name"] == "Paul"


def test_what_is_made_has_its_tag_and_a_repetition_too(office: Office) -> None:
    headers = {"Idempotency-Key": "k"}
    made = [office.ana.ask("POST", "/customers", json={"name": "Paul"}, headers=headers) for _ in range(2)]
    assert [answer.headers["etag"] for answer in made] == ['"1"', '"1"']
    note = office.ana.ask("POST", "/calls/call_one/notes", json={"body": "Hm."})
    assert note.headers["etag"] == office.ana.ask("GET", f"/notes/{note.json()['id']}").headers["etag"]


def test_only_who_wrote_a_note_may_change_it(office: Office) -> None:
    office.ana.send("PATCH", "/notes/note_one", {"body": "Mine now."}, 403)
    assert office.ana.get("/notes/note_one")["body"] == "She rang."
    office.sara.send("PATCH", "/notes/note_gone", {"body": "Hm."}, 404)
