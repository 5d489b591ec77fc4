"""Half a year at Brightwater Laundry, planned: who calls when, who answers, and what comes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from random import Random

from callcrm.demo.sample_data.audio_clips import Clip
from callcrm.demo.sample_data.call_shapes import Visit
from callcrm.demo.sample_data.people import AGENTS, UNKNOWN, WITHHELD, Person

DAYS = 180
OPEN, CLOSE = 8, 18  # o'clock
TODAY = 16  # calls of the last hours, so that no desk is empty
STRANGERS = 40  # calls from numbers that are nobody's
SHAPES = (
    ("answered", 62),
    ("waited", 14),
    ("gave up in menu", 4),
    ("gave up waiting", 7),
    ("callback", 5),
    ("voicemail", 8),
)
UNANSWERED = ("gave up in menu", "gave up waiting", "callback", "voicemail")
SETTLED = timedelta(days=2)  # what is older has been followed up


@dataclass
class Clips:
    """The sounds recordings are made of."""

    calls: Sequence[Clip]
    messages: Sequence[Clip]


@dataclass
class Planner:
    """Plans calls in the order of time; nobody of ours is on two at once."""

    random: Random
    clips: Clips
    busy: dict[str, datetime] = field(default_factory=dict)

    def inbound(self, at: datetime, phone: str, person: Person | None, shape: str) -> Visit:
        """A call to us; one that nobody is free for is not answered."""
        language = person.language if person else "en"
        visit = Visit(at, shape, phone, person.id if person else None, language)
        visit.queue = "sales" if self.random.random() < 0.6 else "support"
        visit.waits = self.random.randint(15, 160)
        agent = self._free(at, person.owner if person else None, language)
        if agent is None and shape in ("answered", "waited"):
            visit.shape = "gave up waiting"
        elif agent and shape in ("answered", "waited"):
            self._answered_by(visit, agent)
        elif shape == "voicemail":
            visit.clip = self.random.choice(self.clips.messages)
            visit.missed = ((AGENTS[1].id, _rings(self.random, AGENTS[1].id)),)
        return visit

    def outbound(self, at: datetime, phone: str, person: Person | None, agent: str, how: str) -> Visit:
        """A call of ours."""
        visit = Visit(at, f"outbound {how}", phone, person.id if person else None, agent=agent)
        visit.target = _rings(self.random, agent)
        visit.talks = self.random.randint(25, 260)
        self.busy[agent] = at + timedelta(seconds=visit.talks + 60)
        return visit

    def _answered_by(self, visit: Visit, agent: str) -> None:
        visit.agent, visit.target = agent, _rings(self.random, agent)
        visit.clip = self.random.choice(self.clips.calls)
        visit.talks = visit.clip.seconds + self.random.randint(0, 4)
        others = [one for one in AGENTS if one.id != agent]
        if self.random.random() < 0.08:
            missed = self.random.choice(others).id
            visit.missed = ((missed, _rings(self.random, missed)),)
        self.busy[agent] = visit.at + timedelta(seconds=visit.talks + visit.waits + 120)

    def _free(self, at: datetime, owner: str | None, language: str) -> str | None:
        free = [one for one in AGENTS if self.busy.get(one.id, at) <= at]
        if not free:
            return None
        theirs = [one for one in free if one.id == owner]
        speaking = [one for one in free if language in one.speaks]
        if theirs and self.random.random() < 0.75:
            return theirs[0].id
        return self.random.choice(speaking or free).id


def _rings(random: Random, agent: str) -> str:
    """Where they were rung that day: mostly in their browser."""
    number = next(one.number for one in AGENTS if one.id == agent)
    return f"client:{agent}" if random.random() < 0.7 or number is None else number


def plan(random: Random, people: Sequence[Person], clips: Clips, now: datetime, zone: tzinfo) -> list[Visit]:
    """Every call of the half year, in the order of time; whoever was missed is rung back sooner or later."""
    planner = Planner(random, clips)
    shapes, weights = zip(*SHAPES, strict=True)
    visits: list[Visit] = []
    for at, phone, person in sorted(_contacts(random, people, now, zone), key=lambda one: one[0]):
        if random.random() < 0.1 and person:
            agent = person.owner or random.choice(AGENTS).id
            how = random.choice(("answered", "answered", "answered", "no_answer", "busy"))
            visits.append(planner.outbound(at, phone, person, agent, how))
            continue
        visit = planner.inbound(at, phone, person, random.choices(shapes, weights)[0])
        visits.append(visit)
        back = _followed_up(planner, visit, person, now)
        if back is not None:
            visits.append(back)
    return sorted(visits, key=lambda one: one.at)


def _followed_up(planner: Planner, visit: Visit, person: Person | None, now: datetime) -> Visit | None:
    """Our ring back to somebody who was missed: soon, mostly, and late now and then."""
    random = planner.random
    if visit.shape not in UNANSWERED or visit.phone == WITHHELD:
        return None
    late = random.random() < 0.12
    after = timedelta(hours=random.uniform(2, 26)) if late else timedelta(minutes=random.uniform(6, 27))
    at = visit.at + after + timedelta(minutes=4)
    if at > now - timedelta(minutes=10) or (now - visit.at < SETTLED and random.random() < 0.5):
        return None
    agent = (person.owner if person else None) or random.choice(AGENTS).id
    return planner.outbound(at, visit.phone, person, agent, "answered")


def _contacts(
    random: Random, people: Sequence[Person], now: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, str, Person | None]]:
    """When each customer is in touch, and from which of their numbers; and calls of strangers."""
    for person in people:
        for _ in range(person.contacts):
            yield _working_hour(random, now, zone), _number(random, person), person
    for _ in range(STRANGERS):
        number = WITHHELD if random.random() < 0.5 else f"+1503555{random.randint(100, 199):04d}"
        yield _working_hour(random, now, zone), number, None
    for days in (9, 40):
        yield now - timedelta(days=days, hours=random.uniform(1, 5)), UNKNOWN, None
    recent = [person for person in people if person.contacts > 2]
    for turn in range(TODAY):
        person = random.choice(recent)
        yield now - timedelta(minutes=14 + 21 * turn + random.randint(0, 9)), _number(random, person), person


def _number(random: Random, person: Person) -> str:
    return person.numbers[0] if random.random() < 0.8 else random.choice(person.numbers)


def _working_hour(random: Random, now: datetime, zone: tzinfo) -> datetime:
    """A moment of the half year while we were open: not on a Sunday, and before the last hours."""
    local = now.astimezone(zone)
    while True:
        day = (local - timedelta(days=random.randint(1, DAYS))).replace(second=0, microsecond=0)
        at = day.replace(hour=random.randint(OPEN, CLOSE - 1), minute=random.randint(0, 59))
        at += timedelta(seconds=random.randint(0, 59))
        if at.weekday() != 6 and at < local - timedelta(hours=8):
            return at.astimezone(now.tzinfo)
