"""Ringing the nouns of one Dial, each as a party of its own, and who wins."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from callcrm.simulator.clock import Signal
from callcrm.simulator.leg import Leg, StatusPlan
from callcrm.simulator.parties.media import Dropped, HungUp, Interrupt
from callcrm.simulator.twiml.document_runner import Broken, DocumentRunner, Stop
from callcrm.simulator.twiml.verbs import Dial, Gather, Hangup, Noun, Play, Say

FOREVER = 86400.0
WHISPER = frozenset({Say, Play, Gather, Hangup})  # what may be said to a callee before the connection


@dataclass
class Race:
    """The legs rung at once: who picked up first, who has accepted."""

    bell: Signal = field(default_factory=Signal)
    legs: list[Leg] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    first: Leg | None = None
    winner: Leg | None = None

    @property
    def decided(self) -> bool:
        """Whether somebody has accepted, or nobody can any more."""
        return self.winner is not None or all(leg.over for leg in self.legs)

    @property
    def screening(self) -> bool:
        """Whether somebody who picked up is still being asked."""
        return any(leg.truth.answered and not leg.over for leg in self.legs)

    def cut(self, status: str, spare: Leg | None = None) -> None:
        """End every leg still open but one."""
        for leg in self.legs:
            if leg is not spare and not leg.over:
                leg.ear.cut(Dropped(status))

    @property
    def result(self) -> str:
        """The DialCallStatus of a race without a winner."""
        if self.first is not None:
            return "completed"  # somebody picked up and declined: only DialBridged tells
        ends = {leg.truth.status for leg in self.legs}
        return next((end for end in ("no-answer", "busy") if end in ends), "failed")


def start_race(stage: DocumentRunner, verb: Dial) -> Race:
    """Begin to ring everybody; nouns that are not simulated never answer."""
    race = Race()
    for noun in verb.nouns:
        if isinstance(noun, Noun):
            leg = _child(stage, verb, noun)
            race.legs.append(leg)
            race.tasks.append(stage.switch.clock.spawn(_ring(stage, noun, race, leg)))
    return race


def _child(stage: DocumentRunner, verb: Dial, noun: Noun) -> Leg:
    parent = stage.leg
    plan = None
    if noun.status_callback:
        url = stage.resolve(noun.status_callback)
        plan = StatusPlan(url, noun.status_callback_event, noun.status_callback_method)
    shown = verb.caller_id or parent.from_
    return Leg(parent.switch, shown, noun.address, "outbound-dial", parent=parent, plan=plan)


async def _ring(stage: DocumentRunner, noun: Noun, race: Race, leg: Leg) -> None:
    try:
        await reach(leg, FOREVER, noun.parameters)
        await _picked_up(stage, noun, race, leg)
    except Dropped as drop:
        leg.end("completed" if leg.truth.answered else drop.status, "carrier")
    except HungUp:
        leg.end("completed" if leg.truth.answered else "no-answer", "far end")
    except (Interrupt, Broken):
        leg.end("completed", "carrier")
    race.bell.ring()


async def reach(leg: Leg, seconds: float, parameters: Sequence[tuple[str, str]] = ()) -> None:
    """Ring a far end until it picks up, or drop the leg after so many seconds."""
    callee = leg.switch.directory.callee(leg.to)
    leg.human = callee.human
    leg.progress("initiated")
    await leg.rest(leg.switch.settings.set_up)
    leg.progress("ringing")
    leg.mouth = callee.ring(leg.ear, leg.from_, dict(parameters))
    if not await leg.rest(seconds, lambda: leg.ear.picked_up):
        raise Dropped("no-answer")
    leg.answer()


async def _picked_up(stage: DocumentRunner, noun: Noun, race: Race, leg: Leg) -> None:
    race.first = race.first or leg
    if not noun.url or leg.switch.settings.screening == "answer":
        race.cut("canceled", spare=leg)
    if noun.url:
        whispering = stage.on(leg, WHISPER)
        if await stage.play(whispering, stage.goto(noun.url, noun.method)) is Stop.HANGUP:
            leg.end("completed", "carrier")
            return
    race.winner = leg
    race.cut("canceled", spare=leg)
