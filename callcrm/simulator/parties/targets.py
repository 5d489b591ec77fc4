"""Scripted people and machines that are rung, and the book that says who answers where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callcrm.simulator.clock import Clock
from callcrm.simulator.parties.callers import Accept, Handset, HangUp, Script, Talk, Wait, perform
from callcrm.simulator.parties.media import AudioIn, AudioOut


@dataclass(frozen=True, slots=True)
class Target:
    """What happens at an address that is rung: picked up `after` seconds, refused, or (None) neither."""

    after: float | None = 4.0
    refusal: str = ""  # busy | no-answer | failed, instead of picking up
    script: Script = Script()  # noqa: RUF009  (frozen)
    human: bool = True


def answers(after: float = 4.0, talks: float = 30.0, keys: str = "1") -> Target:
    """Somebody picks up, accepts the call if asked, and talks."""
    return Target(after, script=Script((Accept(keys), Talk(talks), HangUp())))


def ignores_screening(after: float = 4.0) -> Target:
    """Somebody picks up and presses nothing."""
    return Target(after, script=Script(patience=60))


def busy(after: float = 0.5) -> Target:
    """The line is engaged, or the call is declined."""
    return Target(after, refusal="busy")


def unreachable(after: float = 0.5) -> Target:
    """The number does not work."""
    return Target(after, refusal="failed")


def no_answer() -> Target:
    """It rings and rings."""
    return Target(None)


def mobile_voicemail(after: float = 15.0, greeting: float = 25.0) -> Target:
    """A machine picks up, talks to itself, and never presses a key."""
    return Target(after, script=Script((Wait(greeting), HangUp())), human=False)


@dataclass
class ScriptedCallee:
    """A target at the moment it is rung."""

    clock: Clock
    target: Target

    @property
    def human(self) -> bool:
        """Whether a person answers here."""
        return self.target.human

    def ring(self, ear: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Ring; the target lives on as a party of its own."""
        phone = Handset(self.clock, ear)
        self.clock.spawn(self._live(phone))
        return phone

    async def _live(self, phone: Handset) -> None:
        if self.target.after is None:
            return
        await self.clock.sleep(self.target.after)
        if phone.ended:
            return
        if self.target.refusal:
            phone.ear.refuse(self.target.refusal)
            return
        phone.ear.pick_up()
        await perform(self.target.script, phone)


@dataclass
class Targets:
    """Who answers where.

    Several targets for one address answer in turn, the last of them from then on; an address that is
    not named gets the next of `in_turn`, and once these are used up the `default`.
    """

    clock: Clock
    by_address: Mapping[str, Sequence[Target]] = field(default_factory=dict)
    default: Target = field(default_factory=answers)
    in_turn: Sequence[Target] = ()
    rung: dict[str, int] = field(default_factory=dict)

    def callee(self, address: str) -> ScriptedCallee:
        """Whoever is rung at this address this time."""
        line = self.by_address.get(address)
        where = address if line else ""
        turn = self.rung.get(where, 0)
        self.rung[where] = turn + 1
        line = line or [*self.in_turn, self.default]
        return ScriptedCallee(self.clock, line[min(turn, len(line) - 1)])
