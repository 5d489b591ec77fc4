"""Agents over the API."""

from datetime import timedelta
from typing import Any

from callcrm.models import Agent, User
from tests.api.support.each import each
from tests.api.support.office import NOON, Office

ANA = {
    "id": "ana",
    "name": "Ana",
    "email": "ana@example.com",
    "number": "+12025550110",
    "state": "available",
    "since": "2026-01-05T12:00:00.000Z",
    "queues": None,
    "skills": [],
    "languages": [],
    "reachable": ["phone"],
}


def test_agents_come_newest_first_and_nobody_who_was_sent_away(office: Office) -> None:
    office.add(
        User(id="zoe", email="zoe@example.com", name="Zoe", role="agent", created_at=NOON, disabled_at=NOON),
        Agent(id="zoe", since=NOON),
    )
    page = office.ana.get("/agents")
    assert [agent["id"] for agent in page["items"]] == ["ben", "ana"]
    assert page["items"][1] == ANA


def test_an_agent_is_rung_on_a_live_softphone_first(office: Office) -> None:
    def verb(session: Any) -> None:
        session.get(Agent, "ana").softphone_until = NOON + timedelta(seconds=1)

    office.do(verb)
    assert office.ana.get("/agents")["items"][1]["reachable"] == ["softphone", "phone"]


@each("state", ["available", "break", "offline"])
def test_an_agent_chooses_their_state(office: Office, state: str) -> None:
    assert office.ana.send("PUT", "/agents/ana/state", {"state": state})["state"] == state


def test_an_agents_state_is_not_another_agents_to_choose(office: Office) -> None:
    office.ben.send("PUT", "/agents/ana/state", {"state": "offline"}, 403)
    assert office.ana.get("/agents")["items"][1]["state"] == "available"


def test_a_supervisor_chooses_anybodys_state(office: Office) -> None:
    assert office.sara.send("PUT", "/agents/ana/state", {"state": "break"})["state"] == "break"


@each("state", ["ringing", "on_call", "wrap_up", "AVAILABLE", "", None, 1])
def test_a_state_only_calls_lead_to_is_refused(office: Office, state: object) -> None:
    office.ana.send("PUT", "/agents/ana/state", {"state": state}, 422)


def test_an_agents_queues_skills_and_languages_are_changed(office: Office) -> None:
    changes = {"queues": ["sales"], "skills": ["refunds"], "languages": ["en", "fa"]}
    assert office.sara.send("PATCH", "/agents/ana", changes) == ANA | changes
    assert office.sara.send("PATCH", "/agents/ana", {"queues": None}) == ANA | changes | {"queues": None}


@each(
    "changes",
    [
        {"queues": "sales"},
        {"queues": [""]},
        {"skills": None},
        {"skills": ["x"] * 51},
        {"languages": ["not a language"]},
        {"state": "break"},
    ],
)
def test_what_an_agent_can_not_have_is_refused(office: Office, changes: object) -> None:
    office.sara.send("PATCH", "/agents/ana", changes, 422)


def test_an_agent_there_is_not_is_not_found(office: Office) -> None:
    office.sara.send("PATCH", "/agents/zoe", {"queues": []}, 404)
    office.sara.send("PUT", "/agents/zoe/state", {"state": "break"}, 404)
