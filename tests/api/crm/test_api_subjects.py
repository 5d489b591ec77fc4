"""The tree of subjects, and what calls are about, over the API."""

import pytest

from tests.api.crm.test_api_contacts import TREE
from tests.api.support.office import Office, call, customer


def test_the_tree_is_written_whole_and_read_by_all(office: Office) -> None:
    assert office.ana.get("/subjects") == []
    assert office.sara.send("PUT", "/subjects", TREE) == TREE
    assert office.ana.get("/subjects") == TREE
    office.ana.send("PUT", "/subjects", [], 403)


def test_a_save_of_an_older_tree_is_refused(office: Office) -> None:
    tag = office.sara.ask("GET", "/subjects").headers["ETag"]
    written = office.sara.ask("PUT", "/subjects", json=TREE, headers={"If-Match": tag})
    assert (written.status_code, written.headers["ETag"] != tag) == (200, True)
    assert office.sara.ask("PUT", "/subjects", json=[], headers={"If-Match": tag}).status_code == 412


@pytest.mark.parametrize(
    "wrong",
    [
        [{"code": "a", "name": "A"}, {"code": "b", "name": "B", "children": [{"code": "a", "name": "A"}]}],
        [{"code": "a b", "name": "A"}],
        [{"code": "a", "name": " "}],
        [{"code": "a", "name": "A", "more": 1}],
        {"code": "a"},
        [{"code": f"c{n}", "name": "A"} for n in range(401)],
    ],
)
def test_what_is_no_tree_is_refused(office: Office, wrong: object) -> None:
    office.sara.send("PUT", "/subjects", wrong, 422)
    assert office.sara.get("/subjects") == []


def test_a_call_has_a_subject_of_the_tree(office: Office) -> None:
    office.add(*customer("rosa"))
    office.add(call("one"), call("two"))
    office.sara.send("PUT", "/subjects", TREE)
    office.ana.send("PATCH", "/calls/call_one", {"subject": "none"}, 422)
    assert office.ana.send("PATCH", "/calls/call_one", {"subject": "delivery"})["subject"] == "delivery"
    assert office.ana.ids("/calls", subject="delivery") == ["call_one"]
    office.sara.send("PUT", "/subjects", [])
    assert office.ana.get("/calls/call_one")["subject"] == "delivery"
    assert office.ana.send("PATCH", "/calls/call_one", {"subject": "delivery"})["subject"] == "delivery"
    office.ana.send("PATCH", "/calls/call_two", {"subject": "delivery"}, 422)
    assert office.ana.send("PATCH", "/calls/call_one", {"subject": None})["subject"] is None
