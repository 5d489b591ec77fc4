"""Ringing the nouns of one Dial at once, each in a task of its own, until one of them accepts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from callcrm.simulator.clock import Signal
from callcrm.simulator.leg import Leg, StatusCallback
from callcrm.simulator.parties.media import Dropped, HungUp, Interrupt
from callcrm.simulator.twiml.document_runner import ApplicationError, DocumentRunner, Stop
from callcrm.simulator.twiml.verbs import Dial, Gather, Hangup, Noun, Play, Say

FOREVER = 86400.0  # seconds
WHISPER_VERBS = frozenset({Say, Play, Gather, Hangup})  # allowed in a noun's `url`, before the bridge


@dataclass
class SimultaneousRing:
    """The legs rung at once: who picked up `first`, and the `winner`. `signal`: one is accepted or over."""

    signal: Signal = field(default_factory=Signal)
    legs: list[Leg] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    first: Leg | None = None
    winner: Leg | None = None

    @property
    def decided(self) -> bool:
        """Whether a leg has been accepted, or none can be any more."""
        return self.winner is not None or all(leg.over for leg in self.legs)

    @property
    def reported_leg(self) -> Leg | None:
        """The leg whose SID and duration the Dial's action is sent."""
        return self.winner or self.first or (self.legs[-1] if self.legs else None)

    @property
    def failed_status(self) -> str:
        """The DialCallStatus where there is no winner."""
        if self.first is not None:
            return "completed"  # somebody picked up and declined: only DialBridged shows it
        statuses = {leg.truth.status for leg in self.legs}
        return next((status for status in ("no-answer", "busy") if status in statuses), "failed")

    def drop(self, status: str, except_leg: Leg | None = None) -> None:
        """End every leg that is not over, but for one."""
        for leg in self.legs:
            if leg is not except_leg and not leg.over:
                leg.audio_in.interrupt(Dropped(status))


def ring_all(runner: DocumentRunner, verb: Dial) -> SimultaneousRing:
    """Begin to ring every noun; those that are not simulated never answer."""
    ring = SimultaneousRing()
    for noun in verb.nouns:
        if isinstance(noun, Noun):
            leg = _child_leg(runner, verb, noun)
            ring.legs.append(leg)
            ring.tasks.append(runner.carrier.clock.spawn(_ring(runner, noun, ring, leg)))
    return ring


def _child_leg(runner: DocumentRunner, verb: Dial, noun: Noun) -> Leg:
    parent = runner.leg
    callback = None
    if noun.status_callback:
        url = runner.resolve(noun.status_callback)
        callback = StatusCallback(url, noun.status_callback_event, noun.status_callback_method)
    from_ = verb.caller_id or parent.from_
    return Leg(parent.carrier, from_, noun.address, "outbound-dial", parent=parent, status_callback=callback)


async def _ring(runner: DocumentRunner, noun: Noun, ring: SimultaneousRing, leg: Leg) -> None:
    try:
        await ring_far_end(leg, FOREVER, noun.parameters)
        await _screen(runner, noun, ring, leg)
    except Dropped as drop:
        leg.end("completed" if leg.truth.answered else drop.status, "carrier")
    except HungUp:
        leg.end("completed" if leg.truth.answered else "no-answer", "far end")
    except (Interrupt, ApplicationError):
        leg.end("completed", "carrier")
    ring.signal.set()


async def ring_far_end(leg: Leg, seconds: float, parameters: Sequence[tuple[str, str]] = ()) -> None:
    """Ring a far end until it picks up; raises Dropped("no-answer") after so many seconds of ringing."""
    callee = leg.carrier.directory.callee(leg.to)
    leg.human = callee.human
    leg.progress("initiated")
    await leg.wait(leg.carrier.settings.setup_delay)
    leg.progress("ringing")
    leg.audio_out = callee.ring(leg.audio_in, leg.from_, dict(parameters))
    if not await leg.wait(seconds, lambda: leg.audio_in.has_picked_up):
        raise Dropped("no-answer")
    leg.answer()


async def _screen(runner: DocumentRunner, noun: Noun, ring: SimultaneousRing, leg: Leg) -> None:
    """Run the noun's document on the callee's leg; unless it hangs up, the callee has accepted."""
    ring.first = ring.first or leg
    if not noun.url or leg.carrier.settings.screening == "answer":
        ring.drop("canceled", except_leg=leg)
    if noun.url:
        whisper = runner.nested(leg, WHISPER_VERBS)
        if await runner.run(whisper, runner.goto(noun.url, noun.method)) is Stop.HANGUP:
            leg.end("completed", "carrier")
            return
    ring.winner = leg
    ring.drop("canceled", except_leg=leg)
