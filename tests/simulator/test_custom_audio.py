"""A far end that is no scripted caller: whatever has a mouth and speaks into the ear."""

import asyncio
from dataclasses import dataclass, field

from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import LineEvent, Sound
from tests.simulator.simulation import CALLER, Simulation, simulate

MENU = "<Gather numDigits='1' action='/menu'><Say>Press one</Say></Gather>"


@dataclass
class CaptionPhone:
    """A telephone that shows what it hears, and takes twice as long over it."""

    captions: list[str] = field(default_factory=list)

    async def start(self, sound: Sound) -> float:
        """Show a sound."""
        self.captions.append(sound.text)
        return sound.seconds * 2

    async def stop(self) -> None:
        """A sound breaks off."""
        self.captions.append("(cut)")

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Show a change."""
        self.captions.append(f"[{event}]")


async def press_on_captions(simulation: Simulation, keys: str) -> tuple[Leg, CaptionPhone]:
    """Somebody at such a telephone presses keys a second after the call began, or waits for its end."""
    phone = CaptionPhone()
    leg = simulation.carrier.begin_call(CALLER, simulation.number, phone)

    async def hand() -> None:
        await simulation.clock.sleep(1)
        leg.audio_in.press(keys)
        await simulation.clock.wait(leg.ended)

    simulation.clock.spawn(hand())
    await simulation.carrier.settle()
    return leg, phone


def test_another_telephone_is_told_everything_and_its_keys_count() -> None:
    simulation = simulate({"/voice": MENU, "/menu": "<Say>Sales</Say>"})
    _, phone = asyncio.run(press_on_captions(simulation, "1"))
    assert phone.captions == ["[listening]", "Press one", "(cut)", "Sales", "[ended]"]
    assert simulation.app.requests_to("/menu")[0]["Digits"] == "1"


def test_the_telephone_says_how_long_a_sound_takes() -> None:
    simulation = simulate({"/voice": "<Say>123456789012345</Say>"})
    leg, _ = asyncio.run(press_on_captions(simulation, ""))
    assert leg.truth.seconds == 2
