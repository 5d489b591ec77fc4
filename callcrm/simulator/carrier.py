"""The simulated carrier: people call in, the app is asked what to do, and it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from callcrm.simulator.account import Account, Line, Sids
from callcrm.simulator.clock import Clock
from callcrm.simulator.ground_truth import CallTruth, GroundTruth
from callcrm.simulator.leg import CarrierState, Leg, StatusPlan
from callcrm.simulator.messages import Message, Messages
from callcrm.simulator.parties.callees import reach
from callcrm.simulator.parties.callers import Handset, Script, perform
from callcrm.simulator.parties.media import AudioOut, Directory, Dropped, HungUp
from callcrm.simulator.parties.targets import Targets
from callcrm.simulator.recordings import Recordings
from callcrm.simulator.settings import Settings
from callcrm.simulator.twiml.document_runner import Goto
from callcrm.simulator.twiml.interpreter import lead
from callcrm.simulator.twiml.queues import Queues
from callcrm.simulator.wire.callbacks import Callbacks
from callcrm.simulator.wire.chaos import Chaos
from callcrm.simulator.wire.webhooks import Webhooks
from callcrm.simulator.wire.wire_log import WireLog


@dataclass(frozen=True, slots=True)
class Order:
    """A call the app asks for by REST."""

    to: str
    from_: str
    goto: Goto
    timeout: float = 60
    plan: StatusPlan | None = None
    fallback: str | None = None


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
    settings: Settings = field(default_factory=Settings)
    public_url: str = ""
    base_url: str = ""
    seed: int = 0
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        account = Account(self.account_sid, self.auth_token)
        sids = Sids(self.seed)
        web = Webhooks(self.http, account, self.clock, public_url=self.public_url, base_url=self.base_url)
        self.switch = CarrierState(
            account,
            self.clock,
            web,
            Callbacks(web, self.clock, self.chaos),
            self.directory or Targets(self.clock),
            self.settings,
            sids,
            Queues(sids, self.settings.queue_size),
            Recordings(self.clock, self.settings.recording_delay),
        )
        self.texts = Messages(self.switch)

    @property
    def truth(self) -> GroundTruth:
        """What really happened."""
        return self.switch.book

    @property
    def log(self) -> WireLog:
        """Every request made and every answer got."""
        return self.switch.web.log

    async def call(self, from_: str, line: Line, script: Script = Script()) -> CallTruth:  # noqa: B008
        """Somebody calls one of our numbers and lives through the call; what really happened."""
        leg = self._incoming(from_, line)
        return await self._lived(leg, Goto(line.voice_url), script)

    async def call_from_browser(
        self,
        identity: str,
        url: str,
        params: Mapping[str, str],
        script: Script = Script(),  # noqa: B008
    ) -> CallTruth:
        """A softphone calls out through its TwiML App; `params` are whatever the browser says."""
        extra = {"ApplicationSid": self.switch.sids.new("AP"), **params}
        leg = Leg(self.switch, f"client:{identity}", "", "inbound", extra=extra)
        return await self._lived(leg, Goto(url), script)

    def ring_up(self, from_: str, line: Line, mouth: AudioOut) -> Leg:
        """A call from a far end with a mouth of its own, such as a telephone drawn in a browser.

        The far end speaks into the leg's `ear`; `ended` rings when the call is over.
        """
        leg = self._incoming(from_, line)
        leg.mouth = mouth
        self.clock.spawn(lead(leg, Goto(line.voice_url)))
        return leg

    def place(self, order: Order) -> Leg:
        """Ring somebody for the app, and run its document once they answer."""
        leg = Leg(
            self.switch, order.from_, order.to, "outbound-api", plan=order.plan, fallback=order.fallback
        )
        self.clock.spawn(_placed(leg, order))
        return leg

    async def text(self, from_: str, line: Line, body: str) -> Message:
        """Somebody writes to one of our numbers."""
        if line.message_url is None:
            raise ValueError(f"{line.number} takes no messages")
        work = self.clock.spawn(self.texts.receive(from_, line.number, body, line.message_url))
        return (await self.clock.join(work))[0]

    async def settle(self) -> None:
        """Wait until every callback is told and every recording is there."""
        await self.clock.settle()

    def _incoming(self, from_: str, line: Line) -> Leg:
        plan = StatusPlan(line.status_url) if line.status_url else None
        return Leg(self.switch, from_, line.number, "inbound", plan=plan, fallback=line.fallback_url)

    async def _lived(self, leg: Leg, goto: Goto, script: Script) -> CallTruth:
        phone = leg.mouth = Handset(self.clock, leg.ear)
        call = self.clock.spawn(lead(leg, goto))
        caller = self.clock.spawn(perform(script, phone))
        await self.clock.join(call, caller)
        return leg.call


async def _placed(leg: Leg, order: Order) -> None:
    try:
        await reach(leg, order.timeout + leg.switch.settings.ring_padding)
    except Dropped as drop:
        leg.end(drop.status, "carrier")
    except HungUp:
        leg.end("no-answer", "far end")
    else:
        await lead(leg, order.goto)
