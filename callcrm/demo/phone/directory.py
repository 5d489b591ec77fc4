"""Who is rung in the demo: agents and callers in browsers, and scripted people at ordinary phones."""

from collections import defaultdict
from collections.abc import Callable

from callcrm.base.clock import Clock
from callcrm.demo.phone.caller_phone import CallerPhone
from callcrm.demo.phone.softphone import Softphone
from callcrm.demo.sample_data.people import OPERATOR_NUMBER
from callcrm.simulator.clock import Clock as CarrierClock
from callcrm.simulator.leg import Leg
from callcrm.simulator.parties.callees import CalleeBehaviour, ScriptedDirectory, answers
from callcrm.simulator.parties.media import AudioIn, Callee

CLIENT_PREFIX = "client:"
ORDINARY_PHONE = answers(after=7, talks=40)
OPERATOR_PHONE = answers(after=4, talks=60)


class DemoDirectory:
    """The carrier's directory. `find_leg` is set once there is a carrier to find legs at."""

    def __init__(self, carrier_clock: CarrierClock, clock: Clock) -> None:
        self.find_leg: Callable[[AudioIn], Leg | None] = lambda audio_in: None
        self.caller_phones: list[CallerPhone] = []
        self._softphones: defaultdict[str, Softphone] = defaultdict(lambda: Softphone(self._leg, clock))
        by_address: dict[str, list[CalleeBehaviour]] = {OPERATOR_NUMBER: [OPERATOR_PHONE]}
        self._ordinary_phones = ScriptedDirectory(carrier_clock, by_address, ORDINARY_PHONE)

    def softphone(self, user_id: str) -> Softphone:
        """This agent's softphone."""
        return self._softphones[user_id]

    def callee(self, address: str) -> Callee:
        """The far end at this address: a softphone, a free caller's phone with this number, or a script."""
        if address.startswith(CLIENT_PREFIX):
            return self._softphones[address.removeprefix(CLIENT_PREFIX)]
        # The page opened last answers where several have the same number.
        phones = (phone for phone in reversed(self.caller_phones) if phone.answers_at(address))
        return next(phones, None) or self._ordinary_phones.callee(address)

    def close(self) -> None:
        """Disconnect every browser with a softphone."""
        for softphone in self._softphones.values():
            for peer in tuple(softphone.peers):
                peer.close()

    def _leg(self, audio_in: AudioIn) -> Leg | None:
        return self.find_leg(audio_in)
