"""The complainant reaches whoever handles the complaint, played by the simulator's carrier."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from callcrm.business import modules
from callcrm.crm.complaints import complaints
from callcrm.crm.complaints.complaints import Opening
from callcrm.customers import customers
from callcrm.ivr.flows.hours import ALWAYS
from callcrm.simulator.parties.callers import HangUp, Press, Script, Talk
from tests.e2e.call_centre import MONDAY, STAFF, CallCentre, RunStory
from tests.running import LINE

CALLER = "+12025550134"
SALES = Script((Press("1"), Press("1"), Talk(20), HangUp()))
ANA, OMAR = STAFF["Ana"], STAFF["Omar"]


def complain(centre: CallCentre, *, handler: str, about: str | None = None) -> None:
    """The caller has complained an hour ago, and this agent sees to it."""

    def verb(session: Session) -> None:
        changes = {"name": "Rosa", "phones": [CALLER]}
        own = frozenset({LINE})
        row = customers.create(session, changes, region="US", own=own, now=MONDAY)  # type: ignore[arg-type]
        opening = Opening(
            about="staff" if about else "product",
            body="It is torn.",
            customer_id=row.id,
            staff_id=centre.agents[about] if about else None,
            owner_id=centre.agents[handler],
            opened_at=MONDAY - timedelta(hours=1),
        )
        complaints.open_complaint(session, opening, hours=ALWAYS, by=None, now=MONDAY)

    centre.services.store.write_now(verb)


def test_the_complainant_reaches_the_handler(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        complain(centre, handler="Omar")  # Ana has been idle longer
        truth = await centre.call(CALLER, SALES)
        assert truth.rung_addresses == [OMAR]
        assert truth.reached_human

    run_story(story)


@pytest.mark.engine("sqlite")
def test_about_whom_it_is_does_not_matter_for_who_is_rung(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        complain(centre, handler="Omar", about="Ana")
        truth = await centre.call(CALLER, SALES)
        assert truth.rung_addresses == [OMAR]

    run_story(story)


@pytest.mark.engine("sqlite")
def test_who_is_complained_of_finds_nothing_while_they_speak_with_the_complainant(
    run_story: RunStory,
) -> None:
    async def story(centre: CallCentre) -> None:
        complain(centre, handler="Omar", about="Ana")
        await centre.sign_on("Ana")

        async def read() -> dict[str, list[str]]:
            call = await centre.answered_call()
            customer = (await centre.get(f"/calls/{call}"))["customer"]["id"]
            paths = [f"/desk/card/{call}", f"/customers/{customer}", "/complaints?whose=all&state=any"]
            return {name: [await centre.read(name, path) for path in paths] for name in ("Ana", "Omar")}

        call, reading = centre.start_call(CALLER, SALES), centre.clock.spawn(read())
        await centre.clock.join(call, reading)
        pages = reading.result()
        assert call.result().rung_addresses == [ANA]
        assert ["It is torn." in page for page in pages["Omar"]] == [True] * 3
        assert ["torn" in page for page in pages["Ana"]] == [False] * 3

    run_story(story)


@pytest.mark.engine("sqlite")
def test_while_complaints_are_switched_off_nobody_is_preferred(run_story: RunStory) -> None:
    async def story(centre: CallCentre) -> None:
        complain(centre, handler="Omar")
        centre.services.store.write_now(
            lambda session: modules.switch_off(session, ["complaints"], by=None, now=MONDAY)
        )
        truth = await centre.call(CALLER, SALES)
        assert truth.rung_addresses == [ANA]

    run_story(story)
