"""Incidents, the ladder and contact plans, over the API."""

from typing import Any

import pytest
from sqlmodel import select

from callcrm.models import AuditEntry
from tests.api.support.each import each
from tests.api.support.office import Office, call, customer

PLAN = {
    "agent": "ana",
    "hours": {"monday": ["09:00-12:00"], "friday": ["09:00-12:00", "13:00-14:00"]},
    "channel": "phone",
    "reason": "Threatened Ben.",
    "review_at": "2026-03-01T00:00:00.000Z",
}
OF_ROSA = "/customers/cus_rosa"


@pytest.fixture(autouse=True)
def rosa(office: Office) -> None:
    """A customer, a call of hers and one of another."""
    office.add(*customer("rosa"), *customer("kim"))
    office.add(call("shout", customer_id="cus_rosa", agent_id="ben"), call("other", customer_id="cus_kim"))


def warn(office: Office) -> Any:
    return office.sara.send("POST", f"{OF_ROSA}/conduct", {"step": "warned", "reason": "Shouted."}, 201)


def test_an_incident_is_filed_with_its_evidence_and_listed(office: Office) -> None:
    body = {"kind": "abuse", "call": "call_shout", "second": 73, "body": "Shouted names at Ben."}
    filed = office.ana.send("POST", f"{OF_ROSA}/incidents", body, 201)
    assert (filed["customer"]["id"], filed["call"], filed["second"]) == ("cus_rosa", "call_shout", 73)
    assert (filed["agent"]["id"], filed["created_by"]["id"]) == ("ben", "ana")
    assert office.ben.get(f"/incidents/{filed['id']}") == filed
    assert office.ana.ids("/incidents", customer="cus_rosa") == [filed["id"]]
    assert office.ana.ids("/incidents", customer="cus_kim") == []
    (entry,) = office.ana.get(f"{OF_ROSA}/history", kind="incident")["items"]
    assert entry["incident"] == filed


@each(
    "body",
    [
        {"kind": "rude"},
        {},
        {"kind": "abuse", "second": 5},
        {"kind": "abuse", "call": "call_gone"},
        {"kind": "abuse", "call": "call_other"},
        {"kind": "abuse", "call": "call_shout", "second": -1},
        {"kind": "abuse", "body": "x" * 5001},
    ],
)
def test_an_incident_that_cannot_be_so_is_refused(office: Office, body: dict[str, Any]) -> None:
    office.ana.send("POST", f"{OF_ROSA}/incidents", body, 422)


def test_a_warning_goes_before_the_end(office: Office) -> None:
    end = {"step": "ended", "reason": "Again."}
    refused = office.sara.send("POST", f"{OF_ROSA}/conduct", end, 409)
    assert refused["type"].endswith("warning-first")
    warned = warn(office)
    assert (warned["state"], warned["decided_by"]["id"]) == ("in_force", "sara")
    office.sara.send("POST", f"{OF_ROSA}/conduct", end, 201)
    shown = office.ana.get(f"{OF_ROSA}/conduct")
    assert (shown["standing"], [step["step"] for step in shown["steps"]]) == ("ended", ["warned", "ended"])


def test_agents_take_no_step_by_themselves(office: Office) -> None:
    office.ana.send("POST", f"{OF_ROSA}/conduct", {"step": "warned", "reason": "Shouted."}, 403)
    office.ana.send("PUT", f"{OF_ROSA}/contact-plan", PLAN, 403)
    assert office.ana.get(f"{OF_ROSA}/conduct")["standing"] == "none"


def test_what_is_lifted_stays_written_down_with_its_reason(office: Office) -> None:
    warned = warn(office)
    path = f"/conduct-steps/{warned['id']}"
    office.sara.send("PATCH", path, {"state": "lifted"}, 422)
    lifted = office.sara.send("PATCH", path, {"state": "lifted", "reason": "It was her brother."})
    assert (lifted["state"], lifted["lifted_reason"]) == ("lifted", "It was her brother.")
    assert office.ana.get(f"{OF_ROSA}/conduct")["steps"] == [lifted]
    assert office.ana.get(f"{OF_ROSA}/conduct")["standing"] == "none"


def test_a_warning_on_which_an_end_rests_is_lifted_after_it(office: Office) -> None:
    warned = warn(office)
    office.sara.send("POST", f"{OF_ROSA}/conduct", {"step": "ended", "reason": "Again."}, 201)
    lift = {"state": "lifted", "reason": "A mistake."}
    refused = office.sara.send("PATCH", f"/conduct-steps/{warned['id']}", lift, 409)
    assert refused["type"].endswith("lift-the-later-first")


def test_a_plan_is_read_as_it_was_written(office: Office) -> None:
    put = office.sara.ask("PUT", f"{OF_ROSA}/contact-plan", json=PLAN)
    assert (put.status_code, put.json()) == (200, PLAN | {"agent": {"id": "ana", "name": "Ana"}})
    assert office.ana.get(OF_ROSA)["contact_plan"] == put.json()
    assert office.ana.get("/customers/cus_kim")["contact_plan"] is None
    again = office.sara.ask("PUT", f"{OF_ROSA}/contact-plan", json=put.json())
    assert again.json() == put.json()
    steps = office.ana.get(f"{OF_ROSA}/conduct")["steps"]
    assert [step["state"] for step in steps] == ["in_force"]  # the same plan is no second one
    office.sara.send("PUT", f"{OF_ROSA}/contact-plan", PLAN | {"reason": "Threatened Kim."})
    assert office.sara.ask("DELETE", f"{OF_ROSA}/contact-plan").status_code == 204
    assert office.ana.get(OF_ROSA)["contact_plan"] is None
    assert office.sara.ask("DELETE", f"{OF_ROSA}/contact-plan").status_code == 404
    steps = office.ana.get(f"{OF_ROSA}/conduct")["steps"]
    assert [step["state"] for step in steps] == ["replaced", "lifted"]


def test_what_is_left_out_of_a_plan_stays_as_it_was(office: Office) -> None:
    path = f"{OF_ROSA}/contact-plan"
    office.sara.send("PUT", path, {"reason": "Threatened Ben."}, 422)
    office.sara.send("PUT", path, {"agent": "ana"}, 422)
    first = office.sara.send("PUT", path, PLAN)
    changed = office.sara.send("PUT", path, {"channel": "whatsapp", "reason": "Again."})
    assert changed == first | {"channel": "whatsapp", "reason": "Again."}
    assert office.sara.send("PUT", path, {"hours": None, "channel": None}) == changed | {
        "hours": None,
        "channel": None,
    }


def test_the_channels_of_a_plan_are_those_of_every_contact(office: Office) -> None:
    for channel in ("call", "sms", "whatsapp", "email", "letter", "phone"):
        put = office.sara.send("PUT", f"{OF_ROSA}/contact-plan", PLAN | {"channel": channel})
        assert put["channel"] == channel


def test_a_save_of_an_older_plan_is_refused(office: Office) -> None:
    first = office.sara.ask("PUT", f"{OF_ROSA}/contact-plan", json=PLAN).headers["etag"]
    assert office.ana.ask("GET", f"{OF_ROSA}/contact-plan").headers["etag"] == first
    changed = PLAN | {"agent": "ben"}
    headers = {"If-Match": first}
    second = office.sara.ask("PUT", f"{OF_ROSA}/contact-plan", json=changed, headers=headers)
    assert second.status_code == 200
    assert second.headers["etag"] != first
    stale = office.sara.ask("PUT", f"{OF_ROSA}/contact-plan", json=PLAN, headers=headers)
    assert (stale.status_code, stale.json()["present"]["agent"]["id"]) == (412, "ben")


@each(
    "changes",
    [
        {"agent": "sara"},
        {"agent": "nobody"},
        {"hours": {"moonday": ["09:00-12:00"]}},
        {"hours": {"monday": ["12:00-09:00"]}},
        {"hours": {}},
        {"channel": "pigeon"},
        {"reason": " "},
    ],
)
def test_a_plan_that_cannot_be_obeyed_is_refused(office: Office, changes: dict[str, Any]) -> None:
    office.sara.send("PUT", f"{OF_ROSA}/contact-plan", PLAN | changes, 422)


def test_every_step_is_in_the_audit(office: Office) -> None:
    warned = warn(office)
    lift = {"state": "lifted", "reason": "A mistake."}
    office.sara.send("PATCH", f"/conduct-steps/{warned['id']}", lift)
    rows = office.do(
        lambda session: [
            (row.actor_id, row.action, row.subject_id)
            for row in session.exec(select(AuditEntry).order_by("id"))
        ]
    )
    step = warned["id"]
    actions = ["conduct.proposed", "conduct.approved", "conduct.lifted"]
    assert rows == [("sara", action, step) for action in actions]
    assert "A mistake." not in str(office.do(lambda session: session.exec(select(AuditEntry.data)).all()))
