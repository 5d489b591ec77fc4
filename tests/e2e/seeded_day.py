"""A seeded day of calls: who calls when, who answers, and the history that is left of it."""

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
from tests.e2e.call_centre import STAFF, CallCentre, at_operator, open_call_centre

T = TypeVar("T")
COMPARED_TABLES = ("call", "leg", "promise", "pop", "recording", "agent", "job", "consent", "carrier_event")
MEAN_GAP = 45.0  # seconds between two calls: they overlap
TIDY_AFTER_LAST = 900.0  # seconds after the last call began
CALLERS = tuple(f"+1202555{n:04d}" for n in range(110, 140))
SCRIPTS: Sequence[tuple[Step, ...]] = (
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
UNSTABLE_PARAMS = ("RecordingUrl",)  # contains the port of this run's REST API


def callees() -> dict[str, Sequence[CalleeBehaviour]]:
    """An agent who mostly answers, and one and an operator who sometimes do."""
    ana, omar = STAFF.values()
    sometimes = (answers(talks=300), no_answer(), answers(talks=20), busy(), answers(talks=300))
    mostly = (answers(talks=300), ignores_screening(), answers(talks=25), answers(2, talks=300))
    return {ana: sometimes, omar: mostly} | at_operator(no_answer(), answers(talks=300), no_answer())


@dataclass(frozen=True)
class PlannedCall:
    """One call of the day."""

    after: float
    caller: str
    script: Script


def planned_calls(count: int, seed: int = 7) -> list[PlannedCall]:
    """The first so many calls of the day, the same for the same seed."""
    rng, at, calls = random.Random(seed), 0.0, []
    for number in range(count):
        at += rng.expovariate(1 / MEAN_GAP)
        steps = SCRIPTS[number % len(SCRIPTS)] if number < len(SCRIPTS) else rng.choice(SCRIPTS)
        calls.append(PlannedCall(at, rng.choice(CALLERS), Script(steps, patience=240)))
    return calls


@dataclass
class Day:
    """A day that is over: the app after it, and what really happened."""

    centre: CallCentre
    truths: list[CallTruth]

    async def history(self) -> dict[str, Any]:
        """Every call by SID as the API has it, in its canonical form."""
        return {truth.sid: canonical(await self.centre.get(f"/calls/{truth.sid}")) for truth in self.truths}

    async def dump(self) -> dict[str, list[str]]:
        """Every row of the compared tables, as text."""
        return await self.centre.services.store.read(table_rows)

    async def send_again(self) -> set[int]:
        """Send every request of the day once more, as it was; the response statuses."""
        http, log = self.centre.http, self.centre.carrier.wire_log
        responses = [
            await http.post(exchange.url, content=urlencode(exchange.params), headers=exchange.headers)
            for exchange in log
            if exchange.kind != "media"
        ]
        return {response.status_code for response in responses}


async def run_day(
    database_url: str,
    folder: Path,
    count: int,
    then: Callable[[Day], Awaitable[T]],
    chaos: Chaos | None = None,
    inject_fault: Callable[[CallCentre, pytest.MonkeyPatch], None] | None = None,
) -> T:
    """Run so many calls of the day, with a fault injected into the app; what `then` makes of it."""
    async with open_call_centre(database_url, folder, chaos=chaos, callees=callees()) as centre:
        calls = planned_calls(count)
        centre.keep_tidy(calls[-1].after + TIDY_AFTER_LAST)
        with pytest.MonkeyPatch.context() as patch:
            if inject_fault is not None:
                inject_fault(centre, patch)
            tasks = [centre.start_call(call.caller, call.script, call.after) for call in calls]
            truths = await centre.clock.join(*tasks)
            await centre.carrier.settle()
        return await then(Day(centre, truths))


def canonical(call: dict[str, Any]) -> dict[str, Any]:
    """A call of the API without random ids, and without times of the app's own clock."""
    events = [
        (event["kind"], event["sid"], event["at"], _stable_data(event["data"])) for event in call["events"]
    ]
    promise = call["promise"]
    return call | {
        "events": events,
        "legs": [leg | {"agent": _name(leg["agent"])} for leg in call["legs"]],
        "pops": [(_name(pop["agent"]), pop["sent_at"]) for pop in call["pops"]],
        "agent": _name(call["agent"]),
        "promise": promise and {name: promise[name] for name in ("kind", "state", "phone", "call")},
    }


def _stable_data(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in UNSTABLE_PARAMS}


def _name(user: dict[str, str] | None) -> str | None:
    return user["name"] if user else None


def table_rows(session: Session) -> dict[str, list[str]]:
    """Every row of the compared tables by table name, as sorted text."""
    tables = SQLModel.metadata.tables
    results = {name: session.connection().execute(select(tables[name])) for name in COMPARED_TABLES}
    return {name: sorted(map(str, rows)) for name, rows in results.items()}
