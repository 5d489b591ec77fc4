"""What really happened on every call, for tests and reports to compare with: the app never sees it."""

from dataclasses import dataclass, field
from datetime import datetime

from callcrm.simulator.parties.media import Sound


@dataclass(frozen=True, slots=True)
class HeardSound:
    """A sound that the far end of the root leg heard, and for how long before it was cut or over."""

    at: datetime
    sound: Sound
    seconds: float


@dataclass(frozen=True, slots=True)
class PressedKeys:
    """Keys that a Gather took from the caller, the finish key included."""

    at: datetime
    keys: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The root leg was bridged with the leg `leg_sid` at the address `peer`."""

    leg_sid: str
    peer: str
    human: bool
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long the bridge lasted."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class QueueStay:
    """A stay in a queue, and the carrier's QueueResult."""

    queue: str
    start: datetime
    end: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Alert:
    """What the carrier's debugger would show. `code` is 0 for what only this simulator reports."""

    at: datetime
    code: int
    reason: str


@dataclass
class LegTruth:
    """One leg: who was rung, when, and how it ended. `seconds` counts from the answer."""

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
    """One call: its root leg, the legs dialled from it, and what happened to its caller."""

    root: LegTruth
    legs: list[LegTruth] = field(default_factory=list)
    heard_sounds: list[HeardSound] = field(default_factory=list)
    pressed: list[PressedKeys] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    queue_stays: list[QueueStay] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    voicemails: list[str] = field(default_factory=list)
    recorder_reached_at: datetime | None = None
    errors: list[Alert] = field(default_factory=list)
    warnings: list[Alert] = field(default_factory=list)

    @property
    def sid(self) -> str:
        """The root leg's SID."""
        return self.root.sid

    @property
    def spoken_text(self) -> str:
        """Every text that was spoken to the caller, a line each, in order."""
        return "\n".join(heard.sound.text for heard in self.heard_sounds if heard.sound.text)

    @property
    def rung_addresses(self) -> list[str]:
        """The addresses that were rung, in order."""
        return [leg.to for leg in self.legs]

    @property
    def reached_human(self) -> bool:
        """Whether the caller was connected with a person, not a machine."""
        return any(conversation.human for conversation in self.conversations)

    @property
    def left_menus_at(self) -> datetime | None:
        """When the caller was first out of the menus: a phone was rung, a queue or a recorder took them."""
        times = [leg.started for leg in self.legs] + [stay.start for stay in self.queue_stays]
        if self.recorder_reached_at is not None:
            times.append(self.recorder_reached_at)
        return min(times, default=None)

    @property
    def left_message(self) -> bool:
        """Whether the caller spoke into a recorder."""
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
    """Everything that happened at this carrier: calls by the SID of their root leg, and messages."""

    calls: dict[str, CallTruth] = field(default_factory=dict)
    messages: list[MessageTruth] = field(default_factory=list)
