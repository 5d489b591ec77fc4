"""What really happened on every call, for checkers: nothing in here was ever told to the app."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.parties.media import Sound


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound the far end of the root leg heard, for as long as it did."""

    at: datetime
    sound: Sound
    seconds: float


@dataclass(frozen=True, slots=True)
class Pressed:
    """Keys that were taken up by the carrier."""

    at: datetime
    keys: str


@dataclass(frozen=True, slots=True)
class Talk:
    """Two people were connected: the root leg and another one."""

    leg: str
    who: str
    human: bool
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long they spoke."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Waited:
    """A stay in a queue and how it ended (the carrier's QueueResult)."""

    queue: str
    start: datetime
    end: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something the app did wrong, with the carrier's error or warning code."""

    at: datetime
    code: int
    reason: str


@dataclass
class LegTruth:
    """One leg: who was rung, when, and how it ended."""

    sid: str
    from_: str
    to: str
    direction: str
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    status: str = "queued"
    seconds: int = 0
    ended_by: str = ""  # far end | carrier


@dataclass
class CallTruth:
    """One call: its root leg, the legs rung from it, and what its caller lived through."""

    root: LegTruth
    legs: list[LegTruth] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    waits: list[Waited] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    voicemails: list[str] = field(default_factory=list)
    asked_for_message: datetime | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    @property
    def sid(self) -> str:
        """The root leg's SID."""
        return self.root.sid

    @property
    def words(self) -> str:
        """Everything the caller was told in words, in order."""
        return "\n".join(h.sound.text for h in self.heard if h.sound.text)

    @property
    def rang(self) -> list[str]:
        """The addresses that were rung, in order."""
        return [leg.to for leg in self.legs]

    @property
    def reached_human(self) -> bool:
        """Whether the caller was connected with a person, not a machine."""
        return any(talk.human for talk in self.talks)

    @property
    def safe_at(self) -> datetime | None:
        """When the caller was first out of the menus: somebody rang, a queue or a recorder took them."""
        times = [leg.started for leg in self.legs] + [wait.start for wait in self.waits]
        if self.asked_for_message is not None:
            times.append(self.asked_for_message)
        return min(times, default=None)

    @property
    def left_message(self) -> bool:
        """Whether a message was recorded."""
        return bool(self.voicemails)


@dataclass(frozen=True, slots=True)
class MessageTruth:
    """A text message in either direction."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str


@dataclass
class GroundTruth:
    """Everything that happened at this carrier."""

    calls: dict[str, CallTruth] = field(default_factory=dict)
    texts: list[MessageTruth] = field(default_factory=list)
