"""Who is rung in the demo: agents and callers in browsers, and people of a script at ordinary phones."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from callcrm.base.clock import Clock, Timer
from callcrm.demo.phone.caller_phone import Line
from callcrm.demo.phone.socket_peers import SocketPeer
from callcrm.demo.sample_data.people import OPERATOR
from callcrm.simulator.clock import Clock as CarrierClock
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.callees import CalleeBehaviour, ScriptedDirectory, answers
from callcrm.simulator.parties.media import AudioIn, AudioOut, Callee, LineEvent, Sound

SOFTPHONE = "client:"
GRACE = 6.0  # seconds a call outlives its page: a page that is loaded again goes on with it
AT_PHONES = answers(after=7, talks=40)
AT_OPERATOR = answers(after=4, talks=60)


class Softphone:
    """One agent's phone in the browser, in however many windows it is open: they ring together."""

    human = True

    def __init__(self, legs: Callable[[AudioIn], Leg | None], clock: Clock) -> None:
        self._clock = clock
        self.peers: set[SocketPeer] = set()
        self._legs = legs
        self._ear: AudioIn | None = None
        self._told: dict[str, object] = {}
        self._leaving: Timer | None = None

    def join(self, peer: SocketPeer) -> None:
        """One more window; it learns of the call there is."""
        self._stay()
        self.peers.add(peer)
        if self._told:
            peer.say(**self._told)

    def leave(self, peer: SocketPeer) -> None:
        """A window has closed. With the last one the call ends, unless one opens again soon."""
        self.peers.discard(peer)
        if not self.peers and self._ear is not None:
            self._go_soon()

    def heard(self, message: Mapping[str, Any]) -> None:
        """What a window says; whatever comes too late means nothing."""
        if self._ear is None:
            return
        if message.get("answer"):
            self._ear.pick_up()
        elif message.get("hangup"):
            self._ear.hang_up()

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Ring in every window; engaged if there is a call already."""
        if self._ear is not None:
            audio_in.refuse("busy")
            return Receiver(self, audio_in)
        self._ear = audio_in
        leg = self._legs(audio_in)
        self._tell(ring={"call": leg.root.sid if leg else "", "from": caller})
        if not self.peers:
            self._go_soon()
        return Receiver(self, audio_in)

    def noticed(self, audio_in: AudioIn, event: LineEvent) -> None:
        """Something changed on the line."""
        if audio_in is not self._ear:
            return
        if event is LineEvent.CONNECTED:
            self._tell(connected=True)
        elif event is LineEvent.ENDED:
            leg = self._legs(audio_in)
            self._tell(ended=leg.status if leg else "completed")
            self._ear, self._told = None, {}
            self._stay()

    def _tell(self, **message: object) -> None:
        self._told = message
        for peer in self.peers:
            peer.say(**message)

    def _go_soon(self) -> None:
        self._stay()
        self._leaving = self._clock.call_later(GRACE, self._go)

    def _go(self) -> None:
        if self._ear is None:
            return
        if self._ear.has_picked_up:
            self._ear.hang_up()
        else:
            self._ear.refuse("no-answer")

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None


class Receiver:
    """What an agent hears through the browser: nothing, but it is seen what happens on the line."""

    def __init__(self, phone: Softphone, audio_in: AudioIn) -> None:
        self._phone, self._ear = phone, audio_in

    async def start(self, sound: Sound) -> float:
        """Begin with a sound."""
        return sound.seconds

    async def stop(self) -> None:
        """Fall silent."""

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Notice a change on the line."""
        self._phone.noticed(self._ear, event)


class Phones:
    """Everybody who can be rung; the carrier's directory."""

    def __init__(self, carrier: CarrierClock, clock: Clock) -> None:
        self.find: Callable[[AudioIn], Leg | None] = lambda ear: None
        self._softphones: defaultdict[str, Softphone] = defaultdict(lambda: Softphone(self._leg, clock))
        by_script: dict[str, list[CalleeBehaviour]] = {OPERATOR: [AT_OPERATOR]}
        self._others = ScriptedDirectory(carrier, by_script, AT_PHONES)
        self.lines: list[Line] = []

    def softphone(self, agent: str) -> Softphone:
        """This agent's phone in the browser."""
        return self._softphones[agent]

    def callee(self, address: str) -> Callee:
        """Whoever is rung at this address."""
        if address.startswith(SOFTPHONE):
            return self._softphones[address.removeprefix(SOFTPHONE)]
        at_hand = (line for line in reversed(self.lines) if line.answers_at(address))
        return next(at_hand, None) or self._others.callee(address)

    def close(self) -> None:
        """Let every browser go."""
        for phone in self._softphones.values():
            for peer in tuple(phone.peers):
                peer.close()

    def _leg(self, audio_in: AudioIn) -> Leg | None:
        return self.find(audio_in)
