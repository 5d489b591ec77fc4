"""TwiML verbs and nouns as typed values, with the carrier's defaults."""

from dataclasses import dataclass

ALL_EVENTS = ("initiated", "ringing", "answered", "completed")


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text."""

    text: str
    voice: str = "man"
    language: str = "en-US"
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Play a sound, or the tones of `digits`."""

    url: str
    loop: int = 1
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """Be silent for `length` seconds; as the first verb, without answering."""

    length: float = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Listen for keys or speech while the prompts play and for `timeout` seconds after."""

    prompts: tuple[Prompt, ...] = ()
    action: str | None = None
    method: str = "POST"
    input: str = "dtmf"
    timeout: float = 5
    num_digits: int | None = None
    finish_on_key: str = "#"
    action_on_empty_result: bool = False
    language: str = "en-US"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the call without answering it."""

    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Leave:
    """Let the caller out of the queue."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A Number, Client or Sip to ring; `address` as the carrier writes it (`+1…`, `client:…`, `sip:…`).

    `url` is a document that runs on the callee's leg after the answer and before the bridge.
    """

    address: str
    url: str | None = None
    method: str = "POST"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    status_callback_event: tuple[str, ...] = ("completed",)
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotSimulatedNoun:
    """A noun that is parsed but not simulated: a Conference, a Queue and their like. Nobody answers."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring all nouns at once and bridge with the first to answer. Times in seconds."""

    nouns: tuple[Noun | NotSimulatedNoun, ...] = ()
    action: str | None = None
    method: str = "POST"
    timeout: float = 30
    time_limit: float = 14400
    caller_id: str | None = None
    answer_on_bridge: bool = False
    hangup_on_star: bool = False
    record: str = "do-not-record"
    recording_status_callback: str | None = None
    recording_status_callback_event: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put the caller into a queue, which is created when first named."""

    name: str
    action: str | None = None
    method: str = "POST"
    wait_url: str | None = None
    wait_url_method: str = "POST"


@dataclass(frozen=True, slots=True)
class Record:
    """Record what the caller says, for `max_length` seconds or until `timeout` seconds of silence."""

    action: str | None = None
    method: str = "POST"
    timeout: float = 5
    finish_on_key: str = "1234567890*#"
    max_length: float = 3600
    play_beep: bool = True
    trim: str = "trim-silence"
    recording_status_callback: str | None = None
    recording_status_callback_event: tuple[str, ...] = ("completed",)


@dataclass(frozen=True, slots=True)
class NotSimulated:
    """A verb the carrier knows and this simulator does not."""

    name: str


Verb = (
    Say | Play | Pause | Gather | Redirect | Hangup | Reject | Leave | Dial | Enqueue | Record | NotSimulated
)
