"""The plan of half a year's calls: who calls when, who answers, and how each goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from random import Random

from callcrm.demo.sample_data.audio_clips import AudioClip
from callcrm.demo.sample_data.call_shapes import PlannedCall
from callcrm.demo.sample_data.people import AGENTS, UNKNOWN_NUMBER, WITHHELD_NUMBER, SampleCustomer

DAYS = 180
OPENS, CLOSES = 8, 18  # o'clock
RECENT_CALLS = 16  # in the last hours, so that no desk is empty
STRANGER_CALLS = 40  # from numbers of no customer
# How calls go, and the weight of each.
SHAPES = (
    ("answered", 62),
    ("waited", 14),
    ("gave up in menu", 4),
    ("gave up waiting", 7),
    ("callback", 5),
    ("voicemail", 8),
)
UNANSWERED_SHAPES = ("gave up in menu", "gave up waiting", "callback", "voicemail")
FOLLOWED_UP_AFTER = timedelta(days=2)  # each unanswered call that is older has been called back


@dataclass
class AudioClips:
    """The audio files that the recordings of calls and of messages share."""

    calls: Sequence[AudioClip]
    messages: Sequence[AudioClip]


@dataclass
class CallPlanner:
    """Plans calls in the order of time. `busy`: until when each agent is, so that nobody is on two calls."""

    random: Random
    clips: AudioClips
    busy: dict[str, datetime] = field(default_factory=dict)

    def inbound(self, at: datetime, phone: str, customer: SampleCustomer | None, shape: str) -> PlannedCall:
        """A call to us; without a free agent its caller gives up waiting."""
        language = customer.language if customer else "en"
        call = PlannedCall(at, shape, phone, customer.id if customer else None, language)
        call.queue = "sales" if self.random.random() < 0.6 else "support"
        call.wait_seconds = self.random.randint(15, 160)
        agent = self._choose_agent(at, customer.owner if customer else None, language)
        if agent is None and shape in ("answered", "waited"):
            call.shape = "gave up waiting"
        elif agent and shape in ("answered", "waited"):
            self._answered_by(call, agent)
        elif shape == "voicemail":
            call.clip = self.random.choice(self.clips.messages)
            call.unanswered = ((AGENTS[1].id, _ring_target(self.random, AGENTS[1].id)),)
        return call

    def outbound(
        self, at: datetime, phone: str, customer: SampleCustomer | None, agent: str, result: str
    ) -> PlannedCall:
        """A call by an agent; `result`, at the customer's phone, is answered, no_answer or busy."""
        call = PlannedCall(at, f"outbound {result}", phone, customer.id if customer else None, agent=agent)
        call.target = _ring_target(self.random, agent)
        call.talk_seconds = self.random.randint(25, 260)
        self.busy[agent] = at + timedelta(seconds=call.talk_seconds + 60)
        return call

    def _answered_by(self, call: PlannedCall, agent: str) -> None:
        call.agent, call.target = agent, _ring_target(self.random, agent)
        call.clip = self.random.choice(self.clips.calls)
        call.talk_seconds = call.clip.seconds + self.random.randint(0, 4)
        others = [other for other in AGENTS if other.id != agent]
        if self.random.random() < 0.08:
            missed = self.random.choice(others).id
            call.unanswered = ((missed, _ring_target(self.random, missed)),)
        self.busy[agent] = call.at + timedelta(seconds=call.talk_seconds + call.wait_seconds + 120)

    def _choose_agent(self, at: datetime, owner: str | None, language: str) -> str | None:
        """A free agent, mostly the customer's own, else one who speaks the language if there is any."""
        free = [agent for agent in AGENTS if self.busy.get(agent.id, at) <= at]
        if not free:
            return None
        owning = [agent for agent in free if agent.id == owner]
        speaking = [agent for agent in free if language in agent.speaks]
        if owning and self.random.random() < 0.75:
            return owning[0].id
        return self.random.choice(speaking or free).id


def _ring_target(random: Random, agent: str) -> str:
    """The address at which an agent was rung: mostly their softphone."""
    number = next(member.number for member in AGENTS if member.id == agent)
    return f"client:{agent}" if random.random() < 0.7 or number is None else number


def plan_calls(
    random: Random, customers: Sequence[SampleCustomer], clips: AudioClips, now: datetime, zone: tzinfo
) -> list[PlannedCall]:
    """Every call of the half year in the order of time, with the calls back after unanswered ones."""
    planner = CallPlanner(random, clips)
    shapes, weights = zip(*SHAPES, strict=True)
    calls: list[PlannedCall] = []
    for at, phone, customer in sorted(
        _contacts(random, customers, now, zone), key=lambda contact: contact[0]
    ):
        if random.random() < 0.1 and customer:
            agent = customer.owner or random.choice(AGENTS).id
            result = random.choice(("answered", "answered", "answered", "no_answer", "busy"))
            calls.append(planner.outbound(at, phone, customer, agent, result))
            continue
        call = planner.inbound(at, phone, customer, random.choices(shapes, weights)[0])
        calls.append(call)
        call_back = _call_back(planner, call, customer, now)
        if call_back is not None:
            calls.append(call_back)
    return sorted(calls, key=lambda call: call.at)


def _call_back(
    planner: CallPlanner, call: PlannedCall, customer: SampleCustomer | None, now: datetime
) -> PlannedCall | None:
    """Our call back after an unanswered call, mostly soon, sometimes late; None if it is still to come."""
    random = planner.random
    if call.shape not in UNANSWERED_SHAPES or call.phone == WITHHELD_NUMBER:
        return None
    late = random.random() < 0.12
    after = timedelta(hours=random.uniform(2, 26)) if late else timedelta(minutes=random.uniform(6, 27))
    at = call.at + after + timedelta(minutes=4)
    if at > now - timedelta(minutes=10) or (now - call.at < FOLLOWED_UP_AFTER and random.random() < 0.5):
        return None
    agent = (customer.owner if customer else None) or random.choice(AGENTS).id
    return planner.outbound(at, call.phone, customer, agent, "answered")


def _contacts(
    random: Random, customers: Sequence[SampleCustomer], now: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, str, SampleCustomer | None]]:
    """Time, number and customer of each call: of customers, of strangers, and of the last hours."""
    for customer in customers:
        for _ in range(customer.call_count):
            yield _working_hour(random, now, zone), _number(random, customer), customer
    for _ in range(STRANGER_CALLS):
        number = WITHHELD_NUMBER if random.random() < 0.5 else f"+1503555{random.randint(100, 199):04d}"
        yield _working_hour(random, now, zone), number, None
    for days in (9, 40):
        yield now - timedelta(days=days, hours=random.uniform(1, 5)), UNKNOWN_NUMBER, None
    recent = [customer for customer in customers if customer.call_count > 2]
    for index in range(RECENT_CALLS):
        customer = random.choice(recent)
        yield (
            now - timedelta(minutes=14 + 21 * index + random.randint(0, 9)),
            _number(random, customer),
            customer,
        )


def _number(random: Random, customer: SampleCustomer) -> str:
    return customer.numbers[0] if random.random() < 0.8 else random.choice(customer.numbers)


def _working_hour(random: Random, now: datetime, zone: tzinfo) -> datetime:
    """A time of the half year while the business was open: not on a Sunday, and before the last hours."""
    local = now.astimezone(zone)
    while True:
        day = (local - timedelta(days=random.randint(1, DAYS))).replace(second=0, microsecond=0)
        at = day.replace(hour=random.randint(OPENS, CLOSES - 1), minute=random.randint(0, 59))
        at += timedelta(seconds=random.randint(0, 59))
        if at.weekday() != 6 and at < local - timedelta(hours=8):
            return at.astimezone(now.tzinfo)
