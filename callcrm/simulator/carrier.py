"""The simulated carrier: people call its numbers, and it does what the app's TwiML and REST requests say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from callcrm.simulator.account import Account, IncomingNumber, Sids
from callcrm.simulator.clock import Clock
from callcrm.simulator.ground_truth import CallTruth, GroundTruth
from callcrm.simulator.leg import MAX_CALL_SECONDS, CarrierState, Leg, StatusCallback
from callcrm.simulator.messages import Message, Messages
from callcrm.simulator.parties.callees import ScriptedDirectory
from callcrm.simulator.parties.callers import Handset, Script, follow_script
from callcrm.simulator.parties.media import AudioOut, Directory, Dropped, HungUp
from callcrm.simulator.recordings import Recordings
from callcrm.simulator.settings import CarrierSettings
from callcrm.simulator.twiml.document_runner import Goto
from callcrm.simulator.twiml.interpreter import run_leg
from callcrm.simulator.twiml.queues import Queues
from callcrm.simulator.twiml.ringing import ring_far_end
from callcrm.simulator.wire.callbacks import Callbacks
from callcrm.simulator.wire.chaos import Chaos
from callcrm.simulator.wire.webhooks import WebhookClient
from callcrm.simulator.wire.wire_log import WireLog


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """A call the app requests by REST. `goto` is its first document, `timeout` the seconds to ring, and
    `time_limit` those it may last once it is answered.
    """

    to: str
    from_: str
    goto: Goto
    timeout: float = 60
    status_callback: StatusCallback | None = None
    fallback_url: str | None = None
    time_limit: float = MAX_CALL_SECONDS


@dataclass
class Carrier:
    """One account at the simulated carrier.

    `public_url` and `base_url`: the app's address as it believes it to be and as it is served, when
    they differ. `directory` says who answers at which address; by default everybody does.
    """

    account_sid: str
    auth_token: str
    http: httpx.AsyncClient
    clock: Clock
    chaos: Chaos = field(default_factory=Chaos)
    directory: Directory | None = None
    settings: CarrierSettings = field(default_factory=CarrierSettings)
    public_url: str = ""
    base_url: str = ""
    seed: int = 0
    numbers: list[IncomingNumber] = field(default_factory=list)

    def __post_init__(self) -> None:
        account = Account(self.account_sid, self.auth_token)
        sids = Sids(self.seed)
        webhooks = WebhookClient(
            self.http, account, self.clock, public_url=self.public_url, base_url=self.base_url
        )
        self.state = CarrierState(
            account,
            self.clock,
            webhooks,
            Callbacks(webhooks, self.clock, self.chaos),
            self.directory or ScriptedDirectory(self.clock),
            self.settings,
            sids,
            Queues(sids, self.settings.queue_size),
            Recordings(self.clock, self.settings.recording_delay),
        )
        self.messages = Messages(self.state)

    @property
    def ground_truth(self) -> GroundTruth:
        """What really happened."""
        return self.state.ground_truth

    @property
    def wire_log(self) -> WireLog:
        """Every request made to the app, with its response."""
        return self.state.webhooks.log

    # Frozen.
    async def call(self, from_: str, number: IncomingNumber, script: Script = Script()) -> CallTruth:  # noqa: B008
        """Somebody calls one of our numbers and follows the script; what really happened, once it is over."""
        leg = self._inbound_leg(from_, number)
        return await self._run_call(leg, Goto(number.voice_url), script)

    async def call_from_browser(
        self,
        identity: str,
        url: str,
        params: Mapping[str, str],
        script: Script = Script(),  # noqa: B008  (frozen)
    ) -> CallTruth:
        """A softphone calls out through its TwiML App at `url`; `params` are whatever the browser sends."""
        # Such a call is inbound to the account, and its To is what the browser says, if anything.
        params = {"ApplicationSid": self.state.sids.new("AP"), **params}
        leg = Leg(self.state, f"client:{identity}", "", "inbound", extra_params=params)
        return await self._run_call(leg, Goto(url), script)

    def begin_call(self, from_: str, number: IncomingNumber, audio_out: AudioOut) -> Leg:
        """A call by a far end that is no script, such as a phone drawn in a browser.

        The far end puts its keys and speech into the leg's `audio_in`; `ended` is set when the call is over.
        """
        leg = self._inbound_leg(from_, number)
        leg.audio_out = audio_out
        self.clock.spawn(run_leg(leg, Goto(number.voice_url)))
        return leg

    def place(self, call: OutboundCall) -> Leg:
        """Ring somebody for the app, and run its document once they answer."""
        leg = Leg(
            self.state,
            call.from_,
            call.to,
            "outbound-api",
            status_callback=call.status_callback,
            fallback_url=call.fallback_url,
        )
        leg.time_limit = call.time_limit
        self.clock.spawn(_ring_and_run(leg, call))
        return leg

    async def receive_message(self, from_: str, number: IncomingNumber, body: str) -> Message:
        """Somebody writes to one of our numbers; ValueError if the number has no URL for messages."""
        if number.message_url is None:
            raise ValueError(f"{number.phone_number} takes no messages")
        receiving = self.messages.receive(from_, number.phone_number, body, number.message_url)
        return (await self.clock.join(self.clock.spawn(receiving)))[0]

    async def settle(self) -> None:
        """Wait until every call is over, every callback sent and every recording finished."""
        await self.clock.settle()

    def _inbound_leg(self, from_: str, number: IncomingNumber) -> Leg:
        callback = StatusCallback(number.status_url) if number.status_url else None
        return Leg(
            self.state,
            from_,
            number.phone_number,
            "inbound",
            status_callback=callback,
            fallback_url=number.fallback_url,
        )

    async def _run_call(self, leg: Leg, goto: Goto, script: Script) -> CallTruth:
        handset = Handset(self.clock, leg.audio_in)
        leg.audio_out = handset
        call = self.clock.spawn(run_leg(leg, goto))
        caller = self.clock.spawn(follow_script(script, handset))
        await self.clock.join(call, caller)
        return leg.call_truth


async def _ring_and_run(leg: Leg, call: OutboundCall) -> None:
    try:
        await ring_far_end(leg, call.timeout + leg.carrier.settings.ring_padding)
    except Dropped as drop:
        leg.end(drop.status, "carrier")
    except HungUp:
        leg.end("no-answer", "far end")
    else:
        leg.carrier.clock.spawn(_enforce_time_limit(leg))
        await run_leg(leg, call.goto)


async def _enforce_time_limit(leg: Leg) -> None:
    """End the leg once it has lasted as long as it may since its answer, whatever it is doing."""
    clock = leg.carrier.clock
    answered = clock.monotonic()
    while not leg.over:
        left = answered + leg.time_limit - clock.monotonic()
        if left <= 0:
            leg.audio_in.interrupt(Dropped("completed"))
            return
        leg.limit_changed.clear()
        await clock.wait(leg.ended, leg.limit_changed, seconds=left)
