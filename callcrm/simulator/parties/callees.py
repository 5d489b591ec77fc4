"""Scripted callees, people and machines, and the directory that says who answers where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callcrm.simulator.clock import Clock
from callcrm.simulator.parties.callers import Accept, Handset, HangUp, Script, Talk, Wait, follow_script
from callcrm.simulator.parties.media import AudioIn, AudioOut


@dataclass(frozen=True, slots=True)
class CalleeBehaviour:
    """What happens at an address that is rung: picked up or refused `after` seconds, or (None) neither."""

    after: float | None = 4.0
    refusal: str = ""  # busy | no-answer | failed, in place of picking up
    script: Script = Script()  # noqa: RUF009  (frozen)
    human: bool = True


def answers(after: float = 4.0, talks: float = 30.0, keys: str = "1") -> CalleeBehaviour:
    """Somebody picks up, accepts the call if screened, and talks."""
    return CalleeBehaviour(after, script=Script((Accept(keys), Talk(talks), HangUp())))


def ignores_screening(after: float = 4.0) -> CalleeBehaviour:
    """Somebody picks up and presses nothing."""
    return CalleeBehaviour(after, script=Script(patience=60))


def busy(after: float = 0.5) -> CalleeBehaviour:
    """The line is busy, or the call is declined."""
    return CalleeBehaviour(after, refusal="busy")


def unreachable(after: float = 0.5) -> CalleeBehaviour:
    """The number does not work."""
    return CalleeBehaviour(after, refusal="failed")


def no_answer() -> CalleeBehaviour:
    """It rings until the carrier stops it."""
    return CalleeBehaviour(None)


def mobile_voicemail(after: float = 15.0, greeting: float = 25.0) -> CalleeBehaviour:
    """A mobile's own voicemail picks up, plays a greeting and never presses a key."""
    return CalleeBehaviour(after, script=Script((Wait(greeting), HangUp())), human=False)


@dataclass
class ScriptedCallee:
    """One ring at a far end that behaves like this."""

    clock: Clock
    behaviour: CalleeBehaviour

    @property
    def human(self) -> bool:
        """Whether a person answers here."""
        return self.behaviour.human

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Begin to ring; the behaviour runs in a clock task of its own."""
        phone = Handset(self.clock, audio_in)
        self.clock.spawn(self._behave(phone))
        return phone

    async def _behave(self, phone: Handset) -> None:
        if self.behaviour.after is None:
            return
        await self.clock.sleep(self.behaviour.after)
        if phone.ended:
            return
        if self.behaviour.refusal:
            phone.audio_in.refuse(self.behaviour.refusal)
            return
        phone.audio_in.pick_up()
        await follow_script(self.behaviour.script, phone)


@dataclass
class ScriptedDirectory:
    """Who answers where.

    Several behaviours of one address take turns, the last of them from then on; an address that is not
    named gets the next of `first`, and once these are used up the `default`. `ring_counts` says how often
    each named address was rung, and under "" all others together.
    """

    clock: Clock
    by_address: Mapping[str, Sequence[CalleeBehaviour]] = field(default_factory=dict)
    default: CalleeBehaviour = field(default_factory=answers)
    first: Sequence[CalleeBehaviour] = ()
    ring_counts: dict[str, int] = field(default_factory=dict)

    def callee(self, address: str) -> ScriptedCallee:
        """The far end at this address, this time."""
        behaviours = self.by_address.get(address)
        key = address if behaviours else ""
        count = self.ring_counts.get(key, 0)
        self.ring_counts[key] = count + 1
        behaviours = behaviours or [*self.first, self.default]
        return ScriptedCallee(self.clock, behaviours[min(count, len(behaviours) - 1)])
