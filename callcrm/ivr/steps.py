"""The words between the player and the carrier: where a call is, what happened, what happens next.

A *position* goes out in the URL the carrier will request next and comes back with an *event*; the player
turns both into an *answer*: one step for the carrier, and what the ledger keeps of the decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class NodeKind(StrEnum):
    """The kinds of position a call can be at: what has been done when the carrier requests its URL."""

    START = "start"  # the call has just come in
    NODE = "node"  # a menu (or another node) of the flow has been played to its end
    QUEUE = "queue"  # an agent who serves the queue has been rung
    WAIT = "wait"  # in the queue, between two turns of the waiting loop
    LEFT = "left"  # out of the queue
    OPERATOR = "operator"  # the human of last resort has been rung
    VOICEMAIL = "voicemail"  # a message has been recorded
    CALLBACK = "callback"  # a callback is being arranged
    SURVEY = "survey"  # the caller, who has spoken with somebody, has been asked for a mark
    DONE = "done"  # nothing is left to say


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a flow a call is: never which call, so that documents can be cached and no URL is guessed.

    `step` counts the documents answered to one call: it orders its events without any clock.
    `tries` counts silences and wrong keys here, `rings` the agents already rung.
    `announced`: the recording notice has been heard.
    """

    kind: NodeKind
    flow: str = ""
    node: str = ""
    queue: str = ""
    language: str = "en"
    step: int = 0
    tries: int = 0
    rings: int = 0
    announced: bool = False

    def next(self, **changes: object) -> "Position":
        """The position one step on, with these changes."""
        # Mypy cannot match **changes to the fields of Position.
        return replace(self, step=self.step + 1, **changes)  # type: ignore[arg-type]


# --- what happened ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A call has come in to one of our numbers (E.164, or None when the carrier did not name it)."""

    number: str | None = None


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """Keys were pressed; speech and other input arrive as keys that no menu has."""

    keys: str


@dataclass(frozen=True, slots=True)
class NoInput:
    """No key was pressed before the timeout."""


@dataclass(frozen=True, slots=True)
class RingEnded:
    """Ringing is over; `answered` if people were connected."""

    answered: bool


@dataclass(frozen=True, slots=True)
class QueueTurn:
    """One turn of the waiting loop begins: place in the queue from 1, and seconds waited."""

    position: int | None = None
    waited: int | None = None


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The caller is out of the queue. `result`: leave (we let them out), full, error, hangup, connected."""

    result: str


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """A message has been recorded, this long before trimming; 0 or 1 s is nobody speaking.

    `key` ended it: `0` is a call for the operator.
    """

    seconds: int
    key: str = ""


FlowEvent = CallArrived | KeysPressed | NoInput | RingEnded | QueueTurn | QueueLeft | MessageRecorded


# --- what happens next --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """Something to be said: a key of the prompt book, with numbers to put in (`position=3`).

    `language` is set where it is not the answer's own. Values stay out of the hash, since a dict has none.
    """

    key: str
    values: Mapping[str, int] = field(default_factory=dict, hash=False)
    language: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ring: an E.164 number, a `sip:` address, or a softphone's identity.

    `screen`: whoever answers must press 1, so that a mobile's own voicemail never answers for a human.
    """

    address: str
    kind: str = "phone"  # phone | sip | softphone | emergency
    agent: str | None = None
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Gather:
    """Say something and wait for a key; without input go on to `no_input`. Several digits end with `#`."""

    say: tuple[Prompt, ...]
    then: Position
    no_input: Position
    timeout: int = 5
    digits: int = 1


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring all targets at once for `seconds`; the first to answer is connected. `then` follows always."""

    say: tuple[Prompt, ...]
    targets: tuple[Target, ...]
    then: Position
    seconds: int = 20
    record: bool = False


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put the caller in the queue; `wait` is requested every turn, `then` once they are out."""

    say: tuple[Prompt, ...]
    queue: str
    wait: Position
    then: Position


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Let the caller out of the queue, to the `then` of their Enqueue."""


@dataclass(frozen=True, slots=True)
class RecordMessage:
    """Say something, beep, and record."""

    say: tuple[Prompt, ...]
    then: Position
    seconds: int = 180


@dataclass(frozen=True, slots=True)
class HangUp:
    """Say something and hang up: only after a human, a message or an arranged callback."""

    say: tuple[Prompt, ...]


Step = Gather | Ring | Enqueue | LeaveQueue | RecordMessage | HangUp


@dataclass(frozen=True, slots=True)
class Decision:
    """What the ledger keeps of an answer.

    `destination`: where the answer takes the caller. On a LeaveQueue it is where they go from the queue
    (queue, operator, callback or voicemail), and comes back as `FlowContext.destination`: the carrier says
    only that they left. `node`/`keys`: the menu just left and what was pressed there ("" for nothing).
    `queue`: the queue chosen, once the menu is behind them. `announced`: the recording notice is part of
    this answer. `promise`: a promise made in this answer (callback | voicemail), `call_back` the number to
    ring (E.164) when the caller keyed in another. `survey`: the kind of question put in this answer, `mark`
    the key it was answered with, 0 for a human.
    """

    destination: str = ""
    node: str = ""
    keys: str | None = None
    queue: str = ""
    language: str = ""
    announced: bool = False
    promise: str = ""
    call_back: str = ""
    state: str = ""  # ivr | queued | ringing: the state this answer leaves the call in
    survey: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One step for the carrier in one language, and what the ledger keeps of it.

    `fault`: what failed on the way (an exception's name), so that the caller got something else instead: the
    operator, a message, or a question for their number.
    """

    step: Step
    language: str
    decision: Decision
    fault: str = ""


class FlowContext(Protocol):
    """What the player may ask about the call and the centre. Any of it may fail; the player goes on."""

    @property
    def now(self) -> datetime: ...

    @property
    def operators(self) -> tuple[Target, ...]:
        """The humans of last resort; never empty."""

    @property
    def caller(self) -> str | None:
        """The caller's own number (E.164) if it can be called back."""

    def queue_for(self, queue: str) -> str:
        """The queue to stand in for a caller who chose this one: it may be one of their own."""

    def claim_agent(self, queue: str, language: str) -> Target | None:
        """The best free agent of the queue, claimed for this call; None if there is none."""

    def is_staffed(self, queue: str) -> bool:
        """Whether anybody who serves the queue is signed on."""

    def agent_available(self, queue: str, language: str) -> bool:
        """Whether this caller is next and somebody is free: time to let them out of the queue."""

    @property
    def is_restricted(self) -> bool:
        """Whether one agent alone, or nobody but the operator, may be rung for this caller."""

    @property
    def destination(self) -> str:
        """The destination of the decision last kept for this call; "" if there is none."""

    @property
    def survey(self) -> str:
        """The kind of question to put now that a conversation is over; "" for none."""

    def parse_number(self, keys: str) -> str | None:
        """The number (E.164) somebody keyed in, or None if it is none that can be rung."""
