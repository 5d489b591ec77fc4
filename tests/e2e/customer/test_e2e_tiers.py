"""Gold overtakes within bounds, by calls of a simulated carrier: and nobody waits for ever."""

from typing import Any

import pytest
from sqlmodel import Session

from callcrm.base.money import Money
from callcrm.business import settings
from callcrm.crm.purchases import purchases
from callcrm.crm.purchases.purchases import NewPurchase
from callcrm.customers import customers
from callcrm.simulator.parties.callees import answers
from callcrm.simulator.parties.callers import HangUp, Press, Script, Talk
from tests.e2e.call_centre import MONDAY, STAFF, CallCentre, RunStory
from tests.running import LINE

TALKER, ORDINARY, GOLD = "+12025550171", "+12025550172", "+12025550134"
SALES = (Press("1"), Press("1"))
ANA_ALONE = {"staff": {"Ana": STAFF["Ana"]}, "callees": {STAFF["Ana"]: [answers(talks=900)]}}


def buys(centre: CallCentre, times: int, phone: str = GOLD) -> str:
    """The id of a customer who has bought so many times, and is in the tier that this makes."""

    def verb(session: Session) -> str:
        changes: Any = {"name": "Rosa", "phones": [phone]}
        customer = customers.create(session, changes, region="US", own=frozenset({LINE}), now=MONDAY)
        for _ in range(times):
            new = NewPurchase(total=Money(amount=1000, currency="USD"), at=MONDAY)
            purchases.add(session, customer.id, new, by=None, now=MONDAY)
        return customer.id

    return centre.services.store.write_now(verb)


def _script(seconds: float) -> Script:
    return Script((*SALES, Talk(seconds), HangUp()), patience=900)


async def served(centre: CallCentre, gold_comes: float) -> list[str]:
    """Who is spoken with, in order: one talks for a while, two wait, of whom the second is Rosa."""
    centre.keep_tidy(900)
    calls = [
        centre.start_call(TALKER, _script(200)),
        centre.start_call(ORDINARY, _script(20), after=20),
        centre.start_call(GOLD, _script(20), after=gold_comes),
    ]
    truths = await centre.clock.join(*calls)
    await centre.carrier.settle()
    assert all(truth.reached_human for truth in truths)
    shown = [await centre.get(f"/calls/{truth.sid}") for truth in truths]
    return [call["from"] for call in sorted(shown, key=lambda call: str(call["answered_at"]))]


def test_gold_by_purchases_overtakes_who_came_a_little_before(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        customer = buys(centre, 10)
        assert (await centre.get(f"/customers/{customer}"))["tier"] == "gold"
        assert await served(centre, gold_comes=80) == [TALKER, GOLD, ORDINARY]

    run_story(story, **ANA_ALONE)


def test_gold_overtakes_nobody_who_came_long_before(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        buys(centre, 10)
        assert await served(centre, gold_comes=160) == [TALKER, ORDINARY, GOLD]

    run_story(story, **ANA_ALONE)


@pytest.mark.engine("sqlite")
def test_an_ordinary_caller_is_served_however_many_of_gold_keep_coming(run_story: RunStory) -> None:
    """One agent, and a caller of gold every half minute, which is more than she can serve."""
    golds = [f"+1202555{number:04}" for number in range(140, 147)]

    async def story(centre: CallCentre) -> None:
        centre.keep_tidy(900)
        for gold in golds:
            buys(centre, 10, gold)
        calls = [centre.start_call(TALKER, _script(60)), centre.start_call(ORDINARY, _script(20), after=20)]
        calls += [centre.start_call(gold, _script(60), after=30 * at) for at, gold in enumerate(golds, 1)]
        truths = await centre.clock.join(*calls)
        await centre.carrier.settle()
        shown = [await centre.get(f"/calls/{truth.sid}") for truth in truths]
        spoke = sorted(
            (call for call in shown if call["answered_at"]), key=lambda call: str(call["answered_at"])
        )
        order = [call["from"] for call in spoke]
        before = order[1 : order.index(ORDINARY)]
        # The head start of gold is two minutes: who came later than that does not overtake.
        assert set(before) <= set(golds[:4])
        assert before
        assert len(order) > order.index(ORDINARY) + 1

    run_story(story, **ANA_ALONE)


def test_the_head_start_is_the_businesss_own(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        tier = {"code": "gold", "name": "Gold", "rank": 1, "benefits": {"queue_boost": 5}}
        store = centre.services.store
        store.write_now(lambda session: settings.put(session, "tiers", [tier], by=None, now=MONDAY).version)
        buys(centre, 10)
        assert await served(centre, gold_comes=80) == [TALKER, ORDINARY, GOLD]

    run_story(story, **ANA_ALONE)
