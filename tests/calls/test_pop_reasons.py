"""Why a call did or did not come to an agent: one reason each, the first that decided."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.agents import softphone, states
from callcrm.calls.pop_reasons import PopReason, Reason, reasons
from callcrm.models import Agent, Leg, Pop, User
from callcrm.store.store import Store
from tests.agents.staffing import Floor, at, call, customer, hire


@pytest.fixture
def floor(store: Store) -> Floor:
    """Ana, whose calls these could have been, and Ben, who got the last one a minute after noon."""
    floor = Floor(store)
    floor.do(hire, "ana", since=at(-3600))
    floor.do(hire, "ben", since=at(-3600))
    return floor


def came(floor: Floor, to: str | None = "ben", name: str = "c1", second: float = 60, **fields: Any) -> None:
    """A call for sales in English, offered to somebody at that second."""
    values = {"queue": "sales", "language": "en", "phone": "+12025550134", "state": "ended", **fields}
    floor.do(call, name, started_at=at(second - 10), ended_at=at(second + 30), **values)
    if to:
        floor.do(offer, to, name, at(second))


def offer(session: Session, /, agent: str, name: str, when: datetime, **receipts: datetime) -> None:
    session.add(Pop(id=f"pop_{agent}_{name}", call_id=name, agent_id=agent, sent_at=when, **receipts))
    session.flush()


def leg(
    session: Session, /, agent: str, name: str, rang: float, answered: float | None, ended: float
) -> None:
    session.add(
        Leg(
            carrier_sid=f"CA{name}{agent}",
            call_id=name,
            agent_id=agent,
            rang_at=at(rang),
            answered_at=at(answered) if answered is not None else None,
            ended_at=at(ended),
        )
    )
    session.flush()


def why(floor: Floor, name: str = "c1", agent: str = "ana") -> Reason:
    """Ana's reason for this call, an hour after noon."""
    return next(reason for reason in floor.do(reasons, agent, at(3600)) if reason.call.id == name)


def chose(floor: Floor, state: str, second: float) -> None:
    """Ana chooses her state."""
    floor.do(states.set_state, "ana", state, at(second))


def profile(floor: Floor, agent: str, **fields: Any) -> None:
    """What an agent can do."""

    def verb(session: Session) -> None:
        row = session.get_one(Agent, agent)
        for field, value in fields.items():
            setattr(row, field, value)

    floor.do(verb)


def no_phone(floor: Floor) -> None:
    """Ana has no number."""
    floor.do(lambda session: setattr(session.get_one(User, "ana"), "number", None))


def test_a_pop_of_hers_is_told_with_its_receipts(floor: Floor) -> None:
    came(floor, to=None)
    floor.do(offer, "ana", "c1", at(60), delivered_at=at(60.1), seen_at=at(61))
    reason = why(floor)
    assert reason.why is PopReason.SENT
    assert reason.pop is not None
    assert reason.pop.seen_at == at(61)


def test_somebody_idle_longer_is_the_last_reason_there_is(floor: Floor) -> None:
    came(floor)
    reason = why(floor)
    assert (reason.why, reason.offered.id if reason.offered else None) == (PopReason.IDLE_LONGER, "ben")


def test_a_queue_she_does_not_serve(floor: Floor) -> None:
    profile(floor, "ana", queues=["support"])
    chose(floor, "break", 10)
    came(floor)
    assert why(floor).why is PopReason.QUEUE


@pytest.mark.parametrize("state", ["break", "offline"])
def test_a_state_she_chose(floor: Floor, state: str) -> None:
    chose(floor, state, 10)
    came(floor)
    chose(floor, "available", 120)
    came(floor, name="c2", second=200)
    reason = why(floor)
    assert (reason.why, reason.since) == (PopReason(state), at(10))
    assert why(floor, "c2").why is PopReason.IDLE_LONGER


def test_another_call_she_was_on_and_the_wrap_up_after_it(floor: Floor) -> None:
    came(floor, to=None, name="hers", second=0)
    floor.do(leg, "ana", "hers", 0, 5, 70)
    came(floor)
    came(floor, name="c2", second=80)
    came(floor, name="c3", second=150)
    assert (why(floor).why, why(floor).other, why(floor).since) == (PopReason.ON_CALL, "hers", at(0))
    assert (why(floor, "c2").why, why(floor, "c2").since) == (PopReason.WRAP_UP, at(70))
    assert why(floor, "c3").why is PopReason.IDLE_LONGER


def test_a_wrap_up_she_ended_early_is_over(floor: Floor) -> None:
    came(floor, to=None, name="hers", second=0)
    floor.do(leg, "ana", "hers", 0, 5, 55)
    chose(floor, "break", 56)
    chose(floor, "available", 57)
    came(floor)
    assert why(floor).why is PopReason.IDLE_LONGER


def test_a_call_that_was_being_offered_to_her(floor: Floor) -> None:
    came(floor, to="ana", name="hers", second=50)
    came(floor)
    assert (why(floor).why, why(floor).other) == (PopReason.ON_CALL, "hers")


def test_no_way_to_reach_her(floor: Floor) -> None:
    no_phone(floor)
    came(floor)
    floor.do(softphone.register, "ana", at(100))
    came(floor, name="c2", second=110)
    floor.do(softphone.expire, at(130))
    came(floor, name="c3", second=140)
    assert [why(floor, name).why for name in ("c1", "c2", "c3")] == [
        PopReason.UNREACHABLE,
        PopReason.IDLE_LONGER,
        PopReason.UNREACHABLE,
    ]


def test_whom_the_caller_suited_better(floor: Floor) -> None:
    floor.do(customer, "rosa", owner_id="ben")
    came(floor, name="own", customer_id="rosa")
    profile(floor, "ben", languages=["fa"], skills=["sales"])
    profile(floor, "ana", languages=["en"])
    came(floor, name="tongue", language="fa")
    came(floor, name="skill", language="de")
    assert [why(floor, name).why for name in ("own", "tongue", "skill")] == [
        PopReason.OWN_AGENT,
        PopReason.LANGUAGE,
        PopReason.SKILL,
    ]


def test_a_call_nobody_was_offered(floor: Floor) -> None:
    came(floor, to=None)
    assert why(floor).why is PopReason.NOBODY


def test_what_is_long_ago_or_wanted_nobody_is_left_out(floor: Floor) -> None:
    came(floor, name="old", second=-9 * 3600)
    came(floor, name="menu", to=None, queue=None)
    came(floor, name="ours", direction="outbound")
    came(floor)
    assert [reason.call.id for reason in floor.do(reasons, "ana", at(3600))] == ["c1"]
    assert floor.do(reasons, "nobody", at(3600)) == []
