"""A caller under a contact plan, and one who was given up: they reach whom they should, and somebody."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from callcrm.agents import states
from callcrm.crm.conduct import ladder, plans
from callcrm.crm.conduct.ladder import Plan, Wish
from callcrm.customers import customers
from callcrm.ivr.flows.model import Choice, ChoiceKind
from callcrm.models import Agent, Pop
from callcrm.models.crm.conduct import Step
from callcrm.simulator.parties.callees import answers, no_answer
from callcrm.simulator.parties.callers import HangUp, LeaveMessage, Press, Script, Talk
from callcrm.store.store import StoreDown
from tests.e2e.call_centre import MONDAY, STAFF, CallCentre, RunStory, at_operator, open_call_centre
from tests.e2e.operator_rule import OperatorRuleWalk, WalkResult, unkept_promises
from tests.e2e.walker import AppClient, CarrierBehaviour
from tests.running import LINE, OPERATOR

CALLER = "+12025550134"
SALES = (Press("1"), Press("1"))
TALK = (Talk(20), HangUp())
ANA, OMAR = STAFF["Ana"], STAFF["Omar"]


def person(session: Session) -> str:
    """The id of the customer who calls."""
    changes = {"name": "Rosa", "phones": [CALLER]}
    row = customers.create(session, changes, region="US", own=frozenset({LINE}), now=MONDAY)  # type: ignore[arg-type]
    return row.id


def put_under_plan(centre: CallCentre, agent: str = "Ana", **more: Any) -> None:
    """From now on the caller speaks with this agent alone."""

    def verb(session: Session) -> None:
        plan = Plan(agent_id=centre.agents[agent], **more)
        wish = Wish(step=Step.PLAN, reason="A threat.", plan=plan)
        plans.put(session, person(session), wish, by="grace", now=MONDAY)

    centre.services.store.write_now(verb)


def give_up(centre: CallCentre) -> None:
    """The relationship with the caller is ended, after a warning."""

    def verb(session: Session) -> None:
        customer = person(session)
        for step in (Step.WARNED, Step.ENDED):
            ladder.take(session, customer, Wish(step=step, reason="Abuse."), by="grace", now=MONDAY)

    centre.services.store.write_now(verb)


def sign_off(centre: CallCentre, *names: str) -> None:
    def verb(session: Session) -> None:
        for name in names:
            session.exec(update(Agent).where(col(Agent.id) == centre.agents[name]).values(state="offline"))

    centre.services.store.write_now(verb)


def test_the_plan_is_obeyed_and_nobody_else_is_rung(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        put_under_plan(centre, "Omar")  # Ana has been idle longer
        truth = await centre.call(CALLER, Script((*SALES, *TALK)))
        assert truth.rung_addresses == [OMAR]
        assert truth.reached_human

    run_story(story)


@pytest.mark.engine("sqlite")
def test_the_zero_reaches_a_human(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        put_under_plan(centre)
        truth = await centre.call(CALLER, Script((Press("1"), Press("0"), *TALK)))
        assert (truth.rung_addresses, truth.reached_human) == ([OPERATOR], True)

    run_story(story)


def test_without_their_agent_they_reach_the_operator_then_the_voicemail(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        put_under_plan(centre)
        sign_off(centre, "Ana")
        truth = await centre.call(CALLER, Script((*SALES, LeaveMessage(), HangUp())))
        assert truth.rung_addresses == [OPERATOR]
        assert truth.left_message

    run_story(story, callees=at_operator(no_answer()))


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("more", [{"hours": {"tuesday": ["09:00-12:00"]}}, {"channel": "letter"}])
def test_outside_the_hours_and_by_another_channel_it_is_the_operator(
    run_story: RunStory, more: dict[str, Any]
) -> None:
    async def story(centre: CallCentre) -> None:
        put_under_plan(centre, **more)
        truth = await centre.call(CALLER, Script((*SALES, *TALK)))
        assert truth.rung_addresses == [OPERATOR]

    run_story(story)


@pytest.mark.engine("sqlite")
def test_they_wait_for_their_agent_as_in_a_queue(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        centre.keep_tidy(600)
        put_under_plan(centre)
        other = centre.start_call("+12025550144", Script((*SALES, Talk(90), HangUp())))
        theirs = centre.start_call(CALLER, Script((*SALES, *TALK)), after=20)
        behind = centre.start_call("+12025550145", Script((*SALES, *TALK)), after=30)
        truths = await centre.clock.join(other, theirs, behind)
        await centre.carrier.settle()
        assert [truth.rung_addresses for truth in truths] == [[ANA], [ANA], [OMAR]]
        assert [stay.result for stay in truths[1].queue_stays] == ["leave"]

    run_story(story)


@pytest.mark.engine("sqlite")
def test_who_was_given_up_reaches_the_operator_alone(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        give_up(centre)
        spoke = await centre.call(CALLER, Script((*SALES, *TALK)))
        assert (spoke.rung_addresses, spoke.reached_human) == ([OPERATOR], True)
        left = await centre.call(CALLER, Script((*SALES, LeaveMessage(), HangUp())))
        assert (left.rung_addresses, left.left_message) == ([OPERATOR], True)

    run_story(story, callees=at_operator(answers(), no_answer()))


@pytest.mark.engine("sqlite")
def test_without_the_store_they_reach_the_operator(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        put_under_plan(centre)

        async def down(*_: object, **__: object) -> None:
            raise StoreDown("the store is away")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(centre.services.store, "write", down)
            truth = await centre.call(CALLER, Script((*SALES, *TALK)))
        assert truth.rung_addresses == [OPERATOR]

    run_story(story)


@pytest.mark.engine("sqlite")
def test_a_number_of_the_menu_is_not_rung_for_them(run_story: RunStory) -> None:
    branch = "+12025550177"

    async def story(centre: CallCentre) -> None:
        flow = centre.services.runtime.flows.flows["main"]
        choices = flow.menus[flow.main].choices
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(choices, "1", Choice(ChoiceKind.NUMBER, branch))
            free = await centre.call("+12025550144", Script((*SALES, *TALK)))
            put_under_plan(centre)
            truth = await centre.call(CALLER, Script((*SALES, *TALK)))
        assert (free.rung_addresses, truth.rung_addresses) == ([branch], [ANA])

    run_story(story)


# --- the operator rule, on every path -----------------------------------------------------------

TEAM = {f"Agent{number}": f"+1202555017{number}" for number in range(4)}


@dataclass(frozen=True)
class Walk:
    """A walk of a caller of whom something was decided. `rung` are the agents who may be rung.

    `always_free`: whoever is rung is free again at once, so that a path leads where it led before.
    """

    decide: Callable[[CallCentre], None]
    carrier: CarrierBehaviour
    rung: frozenset[str] = frozenset()
    depth: int = 3
    always_free: bool = False


def _plan(centre: CallCentre) -> None:
    put_under_plan(centre, "Agent0")


def _plan_of_one_who_is_away(centre: CallCentre) -> None:
    put_under_plan(centre, "Agent0")
    sign_off(centre, "Agent0")


def _plan_of_one_on_a_call(centre: CallCentre) -> None:
    put_under_plan(centre, "Agent0")
    agent = centre.agents["Agent0"]
    centre.services.store.write_now(
        lambda session: session.exec(update(Agent).where(col(Agent.id) == agent).values(state="wrap_up"))
    )


AWAY = CarrierBehaviour(staffed=False)
WALKS = {
    "under a plan": Walk(_plan, CarrierBehaviour(), frozenset({"Agent0"}), always_free=True),
    "the agent does not answer": Walk(_plan, CarrierBehaviour(agents="no-answer"), frozenset({"Agent0"}), 2),
    "the agent is busy": Walk(_plan_of_one_on_a_call, CarrierBehaviour()),
    "the agent is away": Walk(_plan_of_one_who_is_away, AWAY),
    "nobody answers at all": Walk(
        _plan_of_one_who_is_away, CarrierBehaviour(operator="no-answer", staffed=False)
    ),
    "given up": Walk(give_up, AWAY),
    "given up, and the operator is busy": Walk(give_up, CarrierBehaviour(operator="busy", staffed=False)),
}


async def walk(case: Walk, database_url: str, folder: Path) -> tuple[WalkResult, list[str], set[str]]:
    """The result, complaints about promises, and the agents who were rung."""
    async with open_call_centre(database_url, folder, staff=TEAM) as centre:
        case.decide(centre)
        client = AppClient(centre.http, centre.services.runtime.flows.book)
        with pytest.MonkeyPatch.context() as patch:
            if case.always_free:
                patch.setattr(states, "claim", lambda *_: True)
            result = await OperatorRuleWalk(client, case.carrier, case.depth).check()
        await centre.run_jobs()
        names = {agent: name for name, agent in centre.agents.items()}
        rung = centre.services.store.read_now(lambda session: session.exec(select(Pop.agent_id)).all())
        unpromised = centre.services.store.read_now(partial(unkept_promises, result=result))
        return result, unpromised, {names[agent] for agent in rung}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("name", WALKS)
def test_every_path_leads_to_a_human_or_the_voicemail_and_to_nobody_else(
    name: str, database_url: str, tmp_path: Path
) -> None:
    case = WALKS[name]
    result, unpromised, rung = asyncio.run(walk(case, database_url, tmp_path))
    assert result.complaints == []
    assert unpromised == []
    assert rung == case.rung
    assert result.stops >= 4
