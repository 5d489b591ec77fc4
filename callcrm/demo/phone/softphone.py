"""An agent's softphone on the simulated carrier, in as many browser windows as are open."""

from collections.abc import Callable, Mapping
from typing import Any

from callcrm.base.clock import Clock, Timer
from callcrm.demo.phone.socket_peers import SocketPeer
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.media import AudioIn, AudioOut, LineEvent, Sound

GRACE_SECONDS = 6.0  # a call outlives its page for so long: a page that is loaded again goes on with it


class Softphone:
    """One agent's phone: all its windows ring together. `find_leg` finds the leg of an `AudioIn`."""

    human = True

    def __init__(self, find_leg: Callable[[AudioIn], Leg | None], clock: Clock) -> None:
        self.peers: set[SocketPeer] = set()
        self._clock = clock
        self._find_leg = find_leg
        self._audio_in: AudioIn | None = None
        self._last_message: dict[str, object] = {}
        self._hang_up_timer: Timer | None = None

    def join(self, peer: SocketPeer) -> None:
        """Add a window, and tell it of the call there is."""
        self._cancel_hang_up()
        self.peers.add(peer)
        if self._last_message:
            peer.send(**self._last_message)

    def leave(self, peer: SocketPeer) -> None:
        """Remove a window. With the last one the call ends, unless one opens again within GRACE_SECONDS."""
        self.peers.discard(peer)
        if not self.peers and self._audio_in is not None:
            self._hang_up_later()

    def receive(self, message: Mapping[str, Any]) -> None:
        """A message from a window; ignored if there is no call any more."""
        if self._audio_in is None:
            return
        if message.get("answer"):
            self._audio_in.pick_up()
        elif message.get("hangup"):
            self._audio_in.hang_up()

    def ring(self, audio_in: AudioIn, caller: str, parameters: Mapping[str, str]) -> AudioOut:
        """Ring in every window; busy if there is a call already."""
        if self._audio_in is not None:
            audio_in.refuse("busy")
            return SoftphoneAudio(self, audio_in)
        self._audio_in = audio_in
        leg = self._find_leg(audio_in)
        self._broadcast(ring={"call": leg.root.sid if leg else "", "from": caller})
        if not self.peers:
            self._hang_up_later()
        return SoftphoneAudio(self, audio_in)

    def line_changed(self, audio_in: AudioIn, event: LineEvent) -> None:
        """An event on a leg; shown if it is the leg of the present call."""
        if audio_in is not self._audio_in:
            return
        if event is LineEvent.CONNECTED:
            self._broadcast(connected=True)
        elif event is LineEvent.ENDED:
            leg = self._find_leg(audio_in)
            self._broadcast(ended=leg.status if leg else "completed")
            self._audio_in, self._last_message = None, {}
            self._cancel_hang_up()

    def _broadcast(self, **message: object) -> None:
        self._last_message = message
        for peer in self.peers:
            peer.send(**message)

    def _hang_up_later(self) -> None:
        self._cancel_hang_up()
        self._hang_up_timer = self._clock.call_later(GRACE_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        if self._audio_in is None:
            return
        if self._audio_in.has_picked_up:
            self._audio_in.hang_up()
        else:
            self._audio_in.refuse("no-answer")

    def _cancel_hang_up(self) -> None:
        if self._hang_up_timer is not None:
            self._hang_up_timer.cancel()
            self._hang_up_timer = None


class SoftphoneAudio:
    """The sound of one leg at a softphone: none is heard, but events on the line are shown."""

    def __init__(self, phone: Softphone, audio_in: AudioIn) -> None:
        self._phone, self._audio_in = phone, audio_in

    async def start(self, sound: Sound) -> float:
        """Take as long as the sound is."""
        return sound.seconds

    async def stop(self) -> None:
        """Nothing is heard that could stop."""

    def notify(self, event: LineEvent, peer: str = "") -> None:
        """Show an event in the windows."""
        self._phone.line_changed(self._audio_in, event)
