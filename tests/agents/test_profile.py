"""What an agent can do, and how they are reached."""

from datetime import datetime

import pytest

from callcrm.agents import profile, ring_target
from callcrm.base.errors import NotFound, Refused
from callcrm.ivr.steps import Target
from callcrm.models import Agent, User
from tests.agents.staffing import NOON, Floor, at, hire


@pytest.fixture
def ana(floor: Floor) -> str:
    """Ana, of every queue."""
    return floor.do(hire, "ana")


def person(number: str | None, softphone_until: datetime | None = None) -> tuple[Agent, User]:
    user = User(id="ana", email="ana@example.com", name="Ana", role="agent", number=number, created_at=NOON)
    return Agent(id="ana", since=NOON, softphone_until=softphone_until), user


def test_what_is_named_changes_and_the_rest_stays(floor: Floor, ana: str) -> None:
    floor.do(profile.update_profile, ana, {"queues": ["sales"], "skills": ["returns"]})
    floor.do(profile.update_profile, ana, {"languages": ["fa"]})
    agent = floor.agent(ana)
    assert (agent.queues, agent.skills, agent.languages) == (["sales"], ["returns"], ["fa"])


def test_null_is_every_queue_again_and_an_empty_list_is_none(floor: Floor, ana: str) -> None:
    floor.do(profile.update_profile, ana, {"queues": []})
    assert floor.agent(ana).queues == []
    floor.do(profile.update_profile, ana, {"queues": None})
    assert floor.agent(ana).queues is None


def test_names_are_kept_once_and_trimmed() -> None:
    tidied = profile.validate_profile({"queues": [" sales", "sales ", "after  sales"]})
    assert tidied == {"queues": ["sales", "after sales"]}


def test_a_name_turns_no_text_behind_it() -> None:
    assert profile.validate_profile({"skills": ["\u202eeltit"]}) == {"skills": ["\u202eeltit\u202c"]}


def test_language_tags_are_kept_in_lower_case() -> None:
    assert profile.validate_profile({"languages": ["EN", "de-CH", "en"]}) == {"languages": ["en", "de-ch"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"queues": "sales"},
        {"queues": [1]},
        {"queues": [""]},
        {"queues": ["\x00"]},
        {"queues": ["q" * 65]},
        {"skills": None},
        {"skills": [f"skill {number}" for number in range(51)]},
        {"languages": ["English!"]},
        {"languages": None},
        {"state": "available"},
    ],
)
def test_nonsense_is_refused_and_its_field_named(changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        profile.validate_profile(changes)
    assert refused.value.field == next(iter(changes))


def test_one_wrong_field_leaves_all_as_they_were(floor: Floor, ana: str) -> None:
    with pytest.raises(Refused):
        floor.do(profile.update_profile, ana, {"queues": ["sales"], "languages": ["?"]})
    assert floor.agent(ana).queues is None


def test_a_stranger_is_not_found(floor: Floor) -> None:
    with pytest.raises(NotFound):
        floor.do(profile.update_profile, "nobody", {"queues": []})


def test_a_change_is_told_to_the_agent_and_to_supervisors(floor: Floor, ana: str) -> None:
    floor.do(profile.update_profile, ana, {"queues": ["sales"]})
    assert [(event.kind, event.subject, event.to, event.supervisors) for event in floor.live_events()] == [
        ("agent.updated", ana, [ana], True)
    ]


@pytest.mark.parametrize(
    ("seconds_of_softphone", "number", "ways"),
    [
        (60, "+12025550111", ["softphone", "phone"]),
        (60, None, ["softphone"]),
        (-1, "+12025550111", ["phone"]),
        (0, None, []),
        (None, None, []),
    ],
)
def test_an_agent_is_reached_by_a_live_softphone_then_by_phone(
    seconds_of_softphone: int | None, number: str | None, ways: list[str]
) -> None:
    until = None if seconds_of_softphone is None else at(seconds_of_softphone)
    assert ring_target.reachable_by(*person(number, softphone_until=until), NOON) == ways


def test_a_live_softphone_is_rung_without_being_asked_to_press_1() -> None:
    target = ring_target.target_for(*person("+12025550111", softphone_until=at(60)), NOON)
    assert target == Target(address="ana", kind="softphone", agent="ana", screen=False)


def test_a_phone_is_asked_to_press_1() -> None:
    target = ring_target.target_for(*person("+12025550111"), NOON)
    assert target == Target(address="+12025550111", kind="phone", agent="ana", screen=True)


def test_an_agent_without_phone_or_softphone_cannot_be_rung() -> None:
    assert ring_target.target_for(*person(None), NOON) is None
