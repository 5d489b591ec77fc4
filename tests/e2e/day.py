"""A seeded day of calls: who calls when, who is there to answer, and what is left of it in the history."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
from sqlalchemy import select
from sqlmodel import Session, SQLModel

from callcrm.simulator.ground_truth import CallTruth
from callcrm.simulator.parties.callees import CalleeBehaviour, answers, busy, ignores_screening, no_answer
from callcrm.simulator.parties.callers import (
    HangUp,
    KeepPressing,
    LeaveMessage,
    Press,
    Script,
    Step,
    Talk,
    Wait,
    WaitUntilBeep,
)
from callcrm.simulator.wire.chaos import Chaos
from tests.e2e.town import STAFF, Town, by_operator, open_town

T = TypeVar("T")
KEPT = ("call", "leg", "promise", "pop", "recording", "agent", "job", "consent", "carrier_event")
GAP = 45.0  # seconds between two calls on average: they overlap
AFTERWARDS = 900.0
CALLERS = tuple(f"+1202555{n:04d}" for n in range(110, 140))
PLANS: Sequence[tuple[Step, ...]] = (
    (Press("1"), Press("1"), Talk(40), HangUp()),
    (Press("1"), Press("2"), Talk(70), HangUp()),
    (Press("2"), Press("1"), Talk(25), HangUp()),
    (Press("1"), Press("0"), Talk(15), HangUp()),
    (Press("1"), Press("0"), LeaveMessage(11), HangUp()),
    (Press("1"), Press("1"), KeepPressing("1")),
    (Press("1"), Press("2"), WaitUntilBeep(45), HangUp()),
    (LeaveMessage(8), HangUp()),
    (Press("1"), Press("9"), Press("8"), LeaveMessage(7), HangUp()),
    (Wait(5), HangUp()),
)
VOLATILE = ("RecordingUrl",)  # names the port at which this run's carrier was reached


def people() -> dict[str, Sequence[CalleeBehaviour]]:
    """Agents who mostly answer, and an operator who sometimes does."""
    ana, omar = STAFF.values()
    sometimes = (answers(talks=300), no_answer(), answers(talks=20), busy(), answers(talks=300))
    mostly = (answers(talks=300), ignores_screening(), answers(talks=25), answers(2, talks=300))
    return {ana: sometimes, omar: mostly} | by_operator(no_answer(), answers(talks=300), no_answer())


@dataclass(frozen=True)
class Plan:
    """One call of the day."""

    after: float
    caller: str
    script: Script


def plans(count: int, seed: int = 7) -> list[Plan]:
    """The first so many calls of the day, the same for the same seed."""
    dice, at, found = random.Random(seed), 0.0, []
    for number in range(count):
        at += dice.expovariate(1 / GAP)
        steps = PLANS[number % len(PLANS)] if number < len(PLANS) else dice.choice(PLANS)
        found.append(Plan(at, dice.choice(CALLERS), Script(steps, patience=240)))
    return found


@dataclass
class Day:
    """A day as it was, and as our tables tell it."""

    town: Town
    truths: list[CallTruth]

    async def history(self) -> dict[str, Any]:
        """Every call as the API tells it, without what our own clock and chance put into it."""
        return {one.sid: canonical(await self.town.get(f"/calls/{one.sid}")) for one in self.truths}

    async def dump(self) -> dict[str, list[str]]:
        """Every row there is of calls, of what belongs to them, and of agents."""
        return await self.town.services.store.read(rows)

    async def send_again(self) -> set[int]:
        """Every request of the day once more, as it was; the statuses answered."""
        asked = [one for one in self.town.carrier.wire_log if one.kind != "media"]
        answers = [
            await self.town.http.post(one.url, content=urlencode(one.params), headers=one.headers)
            for one in asked
        ]
        return {answer.status_code for answer in answers}


async def live_day(
    database_url: str,
    folder: Path,
    count: int,
    then: Callable[[Day], Awaitable[T]],
    chaos: Chaos | None = None,
    harm: Callable[[Town, pytest.MonkeyPatch], None] | None = None,
) -> T:
    """Live through the day, with this harm done to the house, and say what `then` makes of it."""
    async with open_town(database_url, folder, chaos=chaos, people=people()) as town:
        calls = plans(count)
        town.keep_tidy(calls[-1].after + AFTERWARDS)
        with pytest.MonkeyPatch.context() as patch:
            if harm is not None:
                harm(town, patch)
            callers = [town.calling(one.caller, one.script, one.after) for one in calls]
            truths = await town.clock.join(*callers)
            await town.carrier.settle()
        return await then(Day(town, truths))


def canonical(call: dict[str, Any]) -> dict[str, Any]:
    """A call of the API without ids that chance made, and without our own clock's times."""
    events = [(one["kind"], one["sid"], one["at"], _said(one["data"])) for one in call["events"]]
    promise = call["promise"]
    return call | {
        "events": events,
        "legs": [leg | {"agent": _name(leg["agent"])} for leg in call["legs"]],
        "pops": [(_name(pop["agent"]), pop["sent_at"]) for pop in call["pops"]],
        "agent": _name(call["agent"]),
        "promise": promise and {name: promise[name] for name in ("kind", "state", "phone", "call")},
    }


def _said(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in VOLATILE}


def _name(who: dict[str, str] | None) -> str | None:
    return who["name"] if who else None


def rows(session: Session) -> dict[str, list[str]]:
    """Every row of the tables that calls are made of, as text."""
    tables = SQLModel.metadata.tables
    found = {name: session.connection().execute(select(tables[name])) for name in KEPT}
    return {name: sorted(map(str, there)) for name, there in found.items()}
